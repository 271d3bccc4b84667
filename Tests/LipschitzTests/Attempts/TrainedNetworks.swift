import Foundation
import ImageData
import RandomStreams
import ResidualNets
import Robustness
import TorchCore

@testable import Lipschitz

/// Handwritten digits, 8×8, as tensors.
struct Digits {
  let train: Tensor
  let trainLabels: [Int]
  let test: Tensor
  let testLabels: [Int]

  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Datasets/digits/handwritten")
    let folder = try ImageFolder.load(root, options: ImageFolderOptions(threads: 1))
    train = try folder.train.pixels(Array(0..<folder.train.count), on: .cpu).contiguous()
    test = try folder.test.pixels(Array(0..<folder.test.count), on: .cpu).contiguous()
    (trainLabels, testLabels) = (folder.train.labels, folder.test.labels)
  }

  /// Test images spread evenly over the set, in which classes lie one behind the other.
  func sample(_ count: Int) throws -> (pixels: Tensor, labels: [Int]) {
    let places = (0..<count).map { $0 * testLabels.count / count }
    return (try test.selecting(0, Tensor(indices: places)), places.map { testLabels[$0] })
  }
}

/// A kind of network that certificates are made for.
enum TrainedKind: String, CaseIterable {
  case linear = "linear classifier"
  case perceptron = "perceptron, ReLU"
  case sorting = "perceptron, MaxMin, spectral constraint"
  case plain = "plain convolutions, spectral constraint"
  case adapted = "pre-activation residual blocks, adapter merged, batch norm folded"
  case postActivation = "post-activation residual blocks, batch norm folded"
  case scaled = "scaled residual blocks, MaxMin, almost orthogonal"

  private var description: NetworkDescription? {
    switch self {
    case .linear: nil
    case .perceptron: .init(architecture: .perceptron, depth: 2, width: 24, block: .plain, norm: .none)
    case .sorting:
      .init(
        architecture: .perceptron, depth: 2, width: 32, block: .plain, activation: .maxMin, norm: .none,
        branchBudget: 1, headBudget: 32)
    case .plain: .init(width: 4, block: .plain, norm: .none, readout: .flattened, branchBudget: 1, headBudget: 32)
    case .adapted: .init(width: 4, block: .preActivation)
    case .postActivation: .init(width: 4, block: .postActivation)
    case .scaled:
      .init(
        architecture: .mlp, depth: 3, width: 24, block: .scaled, activation: .maxMin, norm: .none,
        dynamics: .init(alpha: 0.5, beta: 0.5), branchBudget: 1, constraint: .almostOrthogonal, headBudget: 32)
    }
  }

  /// Whether perceptron bounds take it.
  var isPerceptron: Bool { self == .perceptron || self == .sorting }

  /// Trained for a few epochs.
  func network(_ digits: Digits) throws -> DeployedNetwork {
    let stream = RandomStream(seed: 11).stream(rawValue)
    guard let description else { return try linearNetwork(digits, stream) }
    let trunk = try description.makeTrunk(
      inputShape: [1, 8, 8], statistics: PixelStatistics(mean: [0.3], std: [0.4]), stream: stream)
    let head = try description.makeHead(features: trunk.featureCount, classCount: 10, stream: stream.stream("head"))
    let parts: [(String, any Module)] = [("trunk", trunk), ("head", head)]
    var network = TaskNetwork(trunk: trunk, adapter: nil, head: head)
    try train(parts, digits, stream.stream("training")) { try network.logits($0, .training) }
    if self == .adapted {
      try trunk.freeze()
      let adapter = try Adapter(for: trunk, AdapterDescription(rank: 2), stream: stream.stream("adapter"))
      network = TaskNetwork(trunk: trunk, adapter: adapter, head: head)
      try train([("adapter", adapter), ("head", head)], digits, stream.stream("adapting"), epochs: 2) {
        try network.logits($0, .training)
      }
    }
    return try network.deployed()
  }

  private func linearNetwork(_ digits: Digits, _ stream: RandomStream) throws -> DeployedNetwork {
    let (weight, bias) = (try Parameter(.zeros([10, 64])), try Parameter(.zeros([10])))
    let optimizer = try OptimizerDescription(kind: .adam, weightDecay: 1e-3).makeOptimizer(
      for: ["weight": weight, "bias": bias])
    try train(optimizer, digits, stream, epochs: 10) { try $0.flattened().linear(weight.value, bias.value) }
    return linearClassifier(try weight.value.detached(), try bias.value.detached(), input: [1, 8, 8])
  }

  private func train(
    _ parts: [(String, any Module)], _ digits: Digits, _ stream: RandomStream, epochs: Int = 8,
    _ logits: (Tensor) throws -> Tensor
  ) throws {
    let optimizer = try OptimizerDescription(kind: .adam, weightDecay: 1e-4).makeOptimizer(
      for: trainableParameters(of: parts.map { (name: $0.0, module: $0.1) }))
    try train(optimizer, digits, stream, epochs: epochs, logits)
  }

  private func train(
    _ optimizer: any Optimizer, _ digits: Digits, _ stream: RandomStream, epochs: Int,
    _ logits: (Tensor) throws -> Tensor
  ) throws {
    let (count, batch) = (digits.trainLabels.count, 48)
    for epoch in 0..<epochs {
      // A random order: that of independent uniform numbers.
      let order = try Tensor.uniform([count], stream.stream(epoch)).sorted(0).indices.integers()
      for start in stride(from: 0, to: count - batch + 1, by: batch) {
        let places = Array(order[start..<start + batch])
        let pixels = try digits.train.selecting(0, Tensor(indices: places))
        let labels = try Tensor(indices: places.map { digits.trainLabels[$0] })
        try optimizer.minimize(logits(pixels).crossEntropy(labels), rate: 0.01)
      }
    }
  }
}
