import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// Gradients of training steps through what keeps a budget, W ↦ W · c / σ(W), against central differences.
@TorchActor
@Suite struct BudgetGradientTests {
  nonisolated static let cases: [NetworkCase] = {
    var cases: [NetworkCase] = []
    for block in [NetworkDescription.BlockKind.backwardEuler, .forwardEuler] {
      for budget in [nil, 0.7] {
        for base in [
          NetworkDescription(architecture: .mlp, depth: 2, width: 6, block: block, norm: .none, branchBudget: budget),
          NetworkDescription(depth: 8, width: 3, block: block, norm: .none, branchBudget: budget),
        ] {
          var description = base
          description.dynamics.step = 0.1
          cases.append(NetworkCase(description: description, inputShape: [2, 6, 6]))
          for adapter in [
            AdapterDescription(rank: 2, budget: 0.3), .init(kind: .series, rank: 2, scale: -0.5, budget: 0.3),
          ] {
            cases.append(
              NetworkCase(
                description: description, inputShape: [2, 6, 6], withAdapter: true, adapter: adapter))
          }
        }
      }
    }
    return cases.filter { $0.withAdapter || $0.description.branchBudget != nil }
  }()

  @Test(arguments: cases) func equalFiniteDifferences(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 5)
    let network = try subject.makeRandom(stream)
    try network.mapTensors { try $0.to(.float64) }
    // Far over every budget, so that each factor counts.
    for (path, parameter) in network.allParameters where path.hasPrefix("adapter/") && parameter.value.rank > 1 {
      try parameter.value.assign(parameter.value * 3)
    }
    // The gradient of σ holds the vector of power iteration, as if it had converged.
    let training = Passage(adapter: network.adapter, mode: .training)
    try withoutGradients {
      for _ in 0..<150 {
        for layer in network.trunk.adaptableConvolutions { _ = try training.merged(layer) }
        for layer in network.trunk.adaptableLinears { _ = try training.merged(layer) }
        _ = try network.head.effectiveWeight(.training)
      }
    }
    let pixels = try subject.pixels(3, stream)
    let labels = try Tensor(indices: [0, 1, 2])
    // A pass in training moves the vectors of power iteration; each is to start from the same ones.
    let buffers = network.parts.flatMap { Array(Members(of: $0.1).buffers.values) }
    let starts = try buffers.map { try $0.value.clone() }
    func loss() throws -> Tensor {
      for (buffer, start) in zip(buffers, starts) { try buffer.value.assign(start) }
      return try network.trainingLogits(pixels).crossEntropy(labels)
    }
    let learned = network.allParameters.filter {
      !$0.value.isFrozen && $0.key.hasPrefix(subject.withAdapter ? "adapter/" : "trunk/") && $0.value.value.rank > 1
    }
    #expect(learned.count > 1)
    let slopes = try gradients(of: loss(), withRespectTo: learned.values.map(\.value))
    for (index, (path, parameter)) in learned.enumerated() {
      let base = try parameter.value.detached().clone()
      let drawn = try Tensor.normal(base.shape, stream.stream(index), dtype: .float64)
      // Along the weight itself the factor undoes the change; without its derivative the slope would not vanish.
      for direction in try [drawn / drawn.norm(), base / base.norm()] {
        func value(_ shift: Double) throws -> Double {
          try parameter.value.assign(base + direction * shift)
          return try withoutGradients { try loss().item() }
        }
        let analytic = try slopes[index].map { try ($0 * direction).sum().item() } ?? 0
        var differences: [Double] = []
        let agrees = try [1e-4, 1e-5, 1e-6].contains { step in
          let numeric = try (value(step) - value(-step)) / (2 * step)
          differences.append(numeric)
          return abs(numeric - analytic) <= 2e-4 * max(1e-3, abs(numeric))
        }
        try parameter.value.assign(base)
        #expect(agrees, "\(path): \(analytic), not \(differences)")
      }
    }
  }
}
