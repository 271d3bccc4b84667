import Steadfast

/// The network and the images that rates are measured on.
struct BenchSample {
  static let batchSize = 128
  private static let classCount = 10
  /// Of the forward pass: twice the 40.55 million multiplications of a ResNet-20's 3×3 convolutions, nearly all of it.
  static let flopsPerImage = 2 * 40.55e6

  let network: TaskNetwork
  let pixels: Tensor
  let labels: Tensor

  init(on device: Device) throws {
    let stream = RandomStream(seed: 0).stream("bench")
    let description = NetworkDescription(depth: 20, width: 16)
    let statistics = PixelStatistics(mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25])
    let trunk = try description.makeTrunk(inputShape: [3, 32, 32], statistics: statistics, stream: stream)
    let head = try description.makeHead(
      features: trunk.featureCount, classCount: Self.classCount, stream: stream.stream("head"))
    network = TaskNetwork(trunk: trunk, adapter: nil, head: head)
    try Whole(network).mapTensors { try $0.to(device) }
    pixels = try Tensor.uniform([Self.batchSize, 3, 32, 32], stream.stream("pixels")).channelsLast().to(device)
    labels = try Tensor(indices: (0..<Self.batchSize).map { $0 % Self.classCount }).to(device)
  }

  /// Stochastic gradient descent on everything.
  func optimizer() throws -> any Optimizer {
    try OptimizerDescription().makeOptimizer(for: Whole(network).trainableParameters)
  }

  /// Of a training step.
  func loss(_ precision: Precision) throws -> Tensor {
    let features = try network.trunk.features(pixels, through: nil, .training, precision: precision)
    return try network.head.forward(features, .training).crossEntropy(labels)
  }

  /// How far the gradient in bfloat16 is from that in fp32, in words.
  func gradientDifference() throws -> String {
    let parameters = Whole(network).trainableParameters.values.map(\.value)
    func gradient(_ precision: Precision) throws -> Tensor {
      let found = try gradients(of: loss(precision), withRespectTo: parameters)
      return try Tensor.concatenated(found.compactMap { try $0?.reshaped([-1]) }, 0)
    }
    let (exact, reduced) = try (gradient(.full), gradient(.bf16))
    let share = try (reduced - exact).norm().item() / exact.norm().item()
    return "gradient \(Numbers.percent(share)) of its length from fp32's"
  }

  /// How far a form of the deployed network answers from the network itself, in words.
  func answerDifference(_ network: DeployedNetwork, _ form: any Classifier) throws -> String {
    try withoutGradients {
      let (exact, reduced) = try (network.logits(pixels), form.logits(pixels))
      let changed = try zip(exact.argmax(1).integers(), reduced.argmax(1).integers()).count { $0 != $1 }
      let share = try (reduced - exact).abs().max().item() / exact.abs().max().item()
      return "logits within \(Numbers.percent(share)) of fp32's largest, \(changed) of \(Self.batchSize) answers differ"
    }
  }

  /// Trunk and head as one module.
  private final class Whole: Module {
    private let network: TaskNetwork

    init(_ network: TaskNetwork) { self.network = network }

    func visit(_ members: inout Members) {
      members.child("trunk", network.trunk)
      members.child("head", network.head)
    }
  }
}
