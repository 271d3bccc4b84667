import Lipschitz
import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// What is stated before training holds of whatever training leads to.
@TorchActor @Suite struct StatedBoundTests {
  nonisolated static let networks: [NetworkDescription] = [
    .init(width: 4), .init(width: 4, block: .postActivation), .init(width: 4, norm: .none),
    .init(width: 4, norm: .none, branchBudget: 0.5),
    .init(width: 4, block: .scaled, dynamics: .init(alpha: 0.5, beta: 0.3)),
    .init(architecture: .mlp, depth: 3, width: 6, norm: .none), .init(width: 4, shortcut: .pooled, readout: .flattened),
  ]
  nonisolated static let adapters: [AdapterDescription] = [
    .init(budget: 0.3), .init(rank: 1, scale: 0.5, budget: 2), .init(kind: .series, budget: 0.3),
    .init(kind: .series, rank: 2, scale: -2, budget: 1), .init(kind: .side, budget: 0.2),
    .init(kind: .side, rank: 3, scale: 0.1, budget: 1, depth: 3),
  ]

  private func trunk(_ network: NetworkDescription, _ stream: RandomStream) throws -> any Trunk {
    try Torch.setThreads(1)
    let trunk = try network.makeTrunk(
      inputShape: [2, 8, 8], statistics: .init(mean: [0.5, 0.4], std: [0.2, 0.3]), stream: stream)
    // Norms as training leaves them.
    for (path, buffer) in Members(of: trunk).buffers where path.hasSuffix("running_var") {
      try buffer.value.assign(Tensor.uniform(buffer.value.shape, stream.stream(path)) * 2 + 0.1)
    }
    for (path, parameter) in Members(of: trunk).parameters where path.contains("bn") && path.hasSuffix("weight") {
      try parameter.value.assign(Tensor.normal(parameter.value.shape, stream.stream(path)))
    }
    try trunk.freeze()
    return trunk
  }

  @Test(arguments: networks, adapters)
  func theDeployedBoundKeepsTheStatedOne(network: NetworkDescription, adapter: AdapterDescription) throws {
    let stream = RandomStream(seed: 1)
    let trunk = try trunk(network, stream)
    let stated = try trunk.statedFeatureBound(for: adapter)
    let head = try network.makeHead(features: trunk.featureCount, classCount: 3, stream: stream)
    let task = TaskNetwork(trunk: trunk, adapter: try Adapter(for: trunk, adapter, stream: stream), head: head)
    let own = try #require(task.adapter)
    let start = try task.deployed().lipschitzBound().featureUpper
    #expect(start <= stated)

    let labels = try Tensor(indices: [0, 1, 2, 1])
    let optimizer = try OptimizerDescription(kind: .sgd, momentum: 0.9).makeOptimizer(
      for: own.trainableParameters)
    for step in 0..<15 {
      let pixels = try Tensor.uniform([4, 2, 8, 8], stream.stream("pixels").stream(step))
      try optimizer.minimize(task.logits(pixels, .training).crossEntropy(labels), rate: 0.05)
    }
    let trained = try task.deployed().lipschitzBound().featureUpper
    #expect(trained <= stated && trained > 0, "\(trained), stated \(stated)")
    // And what no training would lead to.
    for parameter in Members(of: own).parameters.values {
      try parameter.value.assign(Tensor.normal(parameter.value.shape, stream.stream("large")) * 100)
    }
    let large = try task.deployed().lipschitzBound().featureUpper
    #expect(large <= stated && large > 0, "\(large), stated \(stated)")
  }

  /// The statement is reached: a layer W = 1, and corrections that point where it does.
  @Test func theStatementIsTight() throws {
    let stream = RandomStream(seed: 2)
    for adapter in [AdapterDescription(budget: 0.25), .init(kind: .series, budget: 0.25)] {
      let network = NetworkDescription(architecture: .mlp, depth: 1, width: 4, block: .plain, norm: .none)
      let trunk = try network.makeTrunk(
        inputShape: [1, 2, 2], statistics: .init(mean: [0], std: [1]), stream: stream)
      for layer in trunk.adaptableLinears { try layer.weight.value.assign(Tensor.eye(4)) }
      try trunk.freeze()
      let own = try Adapter(for: trunk, adapter, stream: stream)
      for (path, parameter) in Members(of: own).parameters where !path.hasSuffix("bias") {
        try parameter.value.assign(Tensor.eye(4))
      }
      let head = try network.makeHead(features: 4, classCount: 2, stream: stream)
      let bound = try TaskNetwork(trunk: trunk, adapter: own, head: head).deployed().lipschitzBound().featureUpper
      let stated = try trunk.statedFeatureBound(for: adapter)
      #expect(bound <= stated && stated <= bound * 1.0001, "\(bound), stated \(stated)")
      #expect(abs(bound - 1.25 * 1.25 * 1.25) < 1e-4)
    }
  }

  @Test func nothingIsStatedWithoutABudget() throws {
    let trunk = try trunk(.init(width: 4), RandomStream(seed: 1))
    #expect(throws: DescriptionError.self) { try trunk.statedFeatureBound(for: .init()) }
  }
}
