import RandomStreams
import ResidualNets
import TorchCore

@testable import Continual

/// A small network on random images, learned from pixels.
struct TinyNetwork {
  let learning: PixelLearning
  let trunk: any Trunk
  let head: Linear
  let inputs: Tensor
  let outputs: [Int]
  let stream: RandomStream

  /// - Parameter first: the number of the head's first output.
  init(
    _ description: NetworkDescription = NetworkDescription(width: 4), seed: UInt64, classes: Int = 3, batch: Int = 6,
    side: Int = 8, dtype: DType = .float32
  ) throws {
    stream = RandomStream(seed: seed)
    trunk = try description.makeTrunk(
      inputShape: [1, side, side], statistics: PixelStatistics(mean: [0.45], std: [0.25]), stream: stream)
    head = try description.makeHead(features: trunk.featureCount, classCount: classes, stream: stream)
    try trunk.mapTensors { try $0.to(dtype) }
    try head.mapTensors { try $0.to(dtype) }
    learning = PixelLearning(trunk: trunk, adapter: nil, heads: .common(head, active: classes))
    let pixels = try Tensor.uniform([batch, 1, side, side], stream.stream("pixels")).to(dtype)
    inputs = try pixels.channelsLast()
    outputs = (0..<batch).map { $0 % classes }
  }

  /// Mean cross-entropy in evaluation.
  func loss(_ points: Tensor) throws -> Double {
    try withoutGradients { try learning.answers(points, outputs, .evaluation, draws: nil).crossEntropy().item() }
  }

  /// Every tensor of the network, and whether each parameter learns.
  func state() throws -> [String] {
    try [("trunk", trunk as any Module), ("head", head)].flatMap { name, module in
      try module.state().map { "\(name).\($0.key) \($0.value.bytes)" }
        + Members(of: module).parameters.map { "\(name).\($0.key) \($0.value.isFrozen)" }
    }
  }

  /// Every parameter that learns.
  var parameters: [Parameter] { trainableParameters(of: [("trunk", trunk), ("head", head)]).values.map(\.self) }
}

extension Objective {
  /// One without mixup.
  init(noise: Double = 0, threat: TrainingAttack? = nil, penalties: [any PenaltyTerm] = []) {
    self.init(augmentation: .init(), noise: noise, threat: threat, penalties: penalties)
  }
}

/// ∂value/∂parameter at one place by central differences.
func centralDifference(_ parameter: Parameter, at place: Int, by h: Double, _ value: () throws -> Double) throws
  -> Double
{
  let before = try parameter.value.detached().clone()
  defer { try? withoutGradients { try parameter.value.assign(before) } }
  let basis = try Tensor.eye(before.count, dtype: .float64).narrowed(0, from: place, count: 1).reshaped(before.shape)
  func at(_ shift: Double) throws -> Double {
    try withoutGradients { try parameter.value.assign(before + basis * shift) }
    return try value()
  }
  return (try at(h) - at(-h)) / (2 * h)
}
