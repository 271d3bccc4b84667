import Foundation
import RandomStreams
import ResidualNets
import Results
import TensorFiles
import TorchCore

@testable import Robustness

/// x ↦ W x + b over flattened pixels 1×1×d.
func linearNetwork(_ weight: [[Double]], _ bias: [Double]) throws -> DeployedNetwork {
  let dimensions = weight[0].count
  return try DeployedNetwork(
    inputShape: [1, 1, dimensions], body: [Stage("flatten", .flatten)],
    headWeight: Tensor(weight.flatMap { $0.map(Float.init) }, [weight.count, dimensions]),
    headBias: Tensor(bias.map(Float.init), [bias.count]))
}

/// A random linear network of K classes over 1×1×d pixels.
func randomLinearNetwork(classes: Int, dimensions: Int, seed: UInt64) throws -> (
  network: DeployedNetwork, weight: [[Double]], bias: [Double]
) {
  let stream = RandomStream(seed: seed)
  let values = try Tensor.normal([classes, dimensions], stream.stream("weight")).doubles()
  let weight = (0..<classes).map { Array(values[$0 * dimensions..<($0 + 1) * dimensions]) }
  let bias = try Tensor.normal([classes], stream.stream("bias")).doubles()
  return (try linearNetwork(weight, bias), weight, bias)
}

/// A small random network of two convolutions over C×8×8 pixels; `gain` scales the logits.
func convolutionalNetwork(
  channels: Int = 3, classes: Int = 4, seed: UInt64 = 1, gain: Double = 1
) throws -> DeployedNetwork {
  let stream = RandomStream(seed: seed)
  func weights(_ name: String, _ shape: [Int], _ scale: Double) throws -> Tensor {
    try Tensor.normal(shape, stream.stream(name)) * scale
  }
  return try DeployedNetwork(
    inputShape: [channels, 8, 8],
    body: [
      Stage("normalize", .normalize(mean: .full(0.5, [channels]), std: .full(0.25, [channels]))),
      Stage(
        "conv1",
        .convolution(
          weight: weights("conv1", [6, channels, 3, 3], 0.3).channelsLast(), bias: weights("bias1", [6], 0.1),
          geometry: .init(padding: 1))),
      Stage("relu1", .relu),
      Stage(
        "conv2",
        .convolution(
          weight: weights("conv2", [8, 6, 3, 3], 0.2).channelsLast(), bias: weights("bias2", [8], 0.1),
          geometry: .init(stride: 2, padding: 1))),
      Stage("relu2", .relu), Stage("flatten", .flatten),
    ], headWeight: weights("head", [classes, 128], 0.15 * gain), headBias: weights("bias", [classes], 0.1 * gain))
}

/// The network of attacks.safetensors.
func goldenNetwork(_ file: SafetensorsFile) throws -> DeployedNetwork {
  try DeployedNetwork(
    inputShape: [3, 8, 8],
    body: [
      Stage("normalize", .normalize(mean: .full(0.5, [3]), std: .full(0.25, [3]))),
      Stage(
        "conv1",
        .convolution(
          weight: file.tensor("conv1.weight").channelsLast(), bias: file.tensor("conv1.bias"),
          geometry: .init(padding: 1))),
      Stage("relu1", .relu),
      Stage(
        "conv2",
        .convolution(
          weight: file.tensor("conv2.weight").channelsLast(), bias: file.tensor("conv2.bias"),
          geometry: .init(stride: 2, padding: 1))),
      Stage("relu2", .relu), Stage("flatten", .flatten),
    ], headWeight: file.tensor("head.weight"), headBias: file.tensor("head.bias"))
}

func fixture(_ name: String, file: String = #filePath) throws -> SafetensorsFile {
  let folder = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Fixtures")
  return try SafetensorsFile(contentsOf: folder.appendingPathComponent(name))
}

struct MissingTensor: Error { let name: String }

extension SafetensorsFile {
  func tensor(_ name: String) throws -> Tensor {
    guard let host = tensors[name] else { throw MissingTensor(name: name) }
    return try Tensor(host)
  }
}

/// Uniform pixels N×shape on the 8-bit grid, as a PNG would give them.
func images(_ count: Int, _ shape: [Int] = [3, 8, 8], seed: UInt64) throws -> Tensor {
  try (Tensor.uniform([count] + shape, RandomStream(seed: seed)) * 256).floor() / 255
}

/// The network's own labels, so that every sample is correct when clean.
func ownLabels(_ network: DeployedNetwork, _ pixels: Tensor) throws -> [Int] {
  try network.logits(pixels).argmax(1).integers()
}

func sampleStreams(_ count: Int, seed: UInt64 = 5) -> [RandomStream] {
  (0..<count).map { RandomStream(seed: seed).stream($0) }
}

func bracket(radii: [Double?], distances: [Double?]) -> BracketRecord {
  BracketRecord(task: "t", norm: .l2, attack: "pgd", certifiedRadius: radii, attackDistance: distances)
}

func ball(_ norm: PerturbationNorm, _ epsilon: String) throws -> PerturbationBall {
  PerturbationBall(norm, try Rational(epsilon))
}

/// The norm of each sample's difference, summed here in Swift in fp64, independently of the code under test.
func plainDistances(_ norm: PerturbationNorm, _ points: Tensor, _ clean: Tensor) throws -> [Double] {
  let samples = clean.size(0)
  let (a, b) = try (points.doubles(), clean.doubles())
  let width = a.count / max(samples, 1)
  return (0..<samples).map { sample in
    let shifts = (sample * width..<(sample + 1) * width).map { a[$0] - b[$0] }
    switch norm {
    case .linf: return shifts.reduce(0) { max($0, abs($1)) }
    case .l2: return shifts.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .l1: return shifts.reduce(0) { $0 + abs($1) }
    }
  }
}

/// Networks this small gain nothing from a second thread, and on a busy machine every operation would wait for it.
@TorchActor func useOneThread() throws { try Torch.setThreads(1) }
