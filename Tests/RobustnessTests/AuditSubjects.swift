import RandomStreams
import ResidualNets
import Results
import TorchCore

@testable import Robustness

/// Four classes of 1×8×8 images: one quadrant is brighter than the others, under noise that leaves few images beyond
/// the reach of an attack and few within.
struct Quadrants {
  let pixels: Tensor
  let labels: [Int]

  init(_ count: Int, seed: UInt64) throws {
    let stream = RandomStream(seed: seed)
    labels = (0..<count).map { $0 % 4 }
    let quadrants: [Double] = (0..<256).map { place in
      let (label, pixel) = (place / 64, place % 64)
      return pixel / 32 == label / 2 && pixel % 8 / 4 == label % 2 ? 0.15 : 0
    }
    let bright = try Tensor(quadrants, [4, 1, 8, 8]).selecting(0, Tensor(indices: labels)).to(.float32)
    let noisy = try bright + Tensor.normal([count, 1, 8, 8], stream) * 0.12 + 0.42
    pixels = try ((noisy.clamped(0, 1) * 255).rounded() / 255).channelsLast()
  }
}

/// A convolution, ReLU, average pool and a linear layer, trained by PGD in the ball; nil trains it without a defence.
func trainedNetwork(_ data: Quadrants, ball: PerturbationBall?, steps: Int = 60, seed: UInt64) throws
  -> DeployedNetwork
{
  let stream = RandomStream(seed: seed)
  let shapes = [[8, 1, 3, 3], [8], [4, 32], [4]]
  var weights = try shapes.enumerated().map { index, shape in
    try (Tensor.normal(shape, stream.stream(index)) * (shape.count == 1 ? 0 : 0.3)).asLeaf()
  }
  var momenta = try weights.map { try $0.detached().zerosLike() }
  let labels = try Tensor(indices: data.labels)
  for step in 0..<steps {
    var network = try smallNetwork(weights.map { try $0.detached() })
    var points = data.pixels
    if let ball {
      points = try GradientAscent(ball, start: .uniform, steps: 3, stepSize: .perSteps(factor: 2.5)).points(
        around: data.pixels, streams: data.labels.indices.map { stream.stream(step).stream($0) }
      ) { try network.logits($0).crossEntropy(labels, perSample: true).sum() }
    }
    network = try smallNetwork(weights)
    let slopes = try gradients(of: network.logits(points).crossEntropy(labels), withRespectTo: weights)
    for (index, slope) in slopes.enumerated() {
      guard let slope else { continue }
      momenta[index] = try momenta[index] * 0.9 + slope
      weights[index] = try (weights[index].detached() - momenta[index] * 0.1).asLeaf()
    }
  }
  return try smallNetwork(weights.map { try $0.detached() })
}

private func smallNetwork(_ weights: [Tensor]) throws -> DeployedNetwork {
  try DeployedNetwork(
    inputShape: [1, 8, 8],
    body: [
      Stage("normalize", .normalize(mean: .full(0.5, [1]), std: .full(0.15, [1]))),
      Stage("conv", .convolution(weight: weights[0], bias: weights[1], geometry: .init(padding: 1))),
      Stage("relu", .relu), Stage("pool", .averagePool(kernel: 4, stride: 4, padding: 0)),
      Stage("flatten", .flatten),
    ], headWeight: weights[2], headBias: weights[3])
}

/// The same network with its logits scaled until softmax saturates.
func saturated(_ network: DeployedNetwork) throws -> DeployedNetwork {
  try DeployedNetwork(
    inputShape: network.inputShape, body: network.body, headWeight: network.headWeight * 1e4,
    headBias: network.headBias * 1e4)
}

/// Softmax where logits belong.
struct ProbabilityClassifier: FeatureClassifier {
  let network: DeployedNetwork
  var inputShape: [Int] { network.inputShape }
  var classCount: Int { network.classCount }
  var device: Device { network.device }
  func features(_ pixels: Tensor) throws -> Tensor { try network.features(pixels) }
  func logits(_ pixels: Tensor) throws -> Tensor { try network.logits(pixels).softmax(1) }
}

/// Pixels rounded down to a few levels: what comes out has a gradient of zero everywhere.
struct QuantizedClassifier: FeatureClassifier {
  let network: DeployedNetwork
  var levels = 32.0
  var inputShape: [Int] { network.inputShape }
  var classCount: Int { network.classCount }
  var device: Device { network.device }
  func features(_ pixels: Tensor) throws -> Tensor { try network.features((pixels * levels).floor() / levels) }
  func logits(_ pixels: Tensor) throws -> Tensor {
    try features(pixels).linear(network.headWeight, network.headBias)
  }
}

/// Fresh noise on the pixels in every pass.
final class RandomizedClassifier: FeatureClassifier {
  private let network: DeployedNetwork
  private var calls = 0
  var inputShape: [Int] { network.inputShape }
  var classCount: Int { network.classCount }
  var device: Device { network.device }

  init(_ network: DeployedNetwork) { self.network = network }

  func features(_ pixels: Tensor) throws -> Tensor {
    calls += 1
    let noise = try Tensor.normal(pixels.shape, RandomStream(seed: 77).stream(calls))
    return try network.features(pixels + noise * 0.05)
  }
  func logits(_ pixels: Tensor) throws -> Tensor {
    try features(pixels).linear(network.headWeight, network.headBias)
  }
}

/// Catastrophic overfitting, constructed: u is the image's mean with signs, so that a whole step of FGSM moves it by ε,
/// and the two classes alternate with the period ε. Half a step changes the class, a whole one restores it.
struct OverfittedClassifier: Classifier {
  let epsilon: Double
  let inputShape = [1, 8, 8]
  let classCount = 2
  let device = Device.cpu

  func logits(_ pixels: Tensor) throws -> Tensor {
    let signs = try Tensor((0..<64).map { $0 % 3 == 0 ? -1 : 1 } as [Double], [64, 1]).to(.float32)
    let phase = try pixels.contiguous().flattened().matmul(signs) / (64 * epsilon)
    let offset = try phase - phase.detached().rounded()
    let lead = try (1.0 / 16 - offset.squared()) * 40
    return try Tensor.concatenated([lead, lead.negated()], 1)
  }
}
