import Foundation
import RandomStreams
import ResidualNets
import Results
import TensorFiles
import Testing
import TorchCore

@testable import Lipschitz

/// Local bounds against what can be said in closed form, and against an independent computation.
@TorchActor @Suite struct LocalClosedFormTests {
  private static let methods = LocalSoundnessTests.methods

  /// min w·x + b over a ball inside the box is w·p + b − ε‖w‖, in the dual norm.
  @Test func linearNetworksAreExact() throws {
    for seed in 0..<20 {
      let (network, pixels, labels) = try linear(seed: seed, low: 0.3, high: 0.7)
      for (norm, dual, radius) in [(PerturbationNorm.linf, 1.0, 0.2), (.l2, 2, 0.25)] {
        let expected = try leastOfPairs(network, pixels, labels) { row, image in
          dot(row, image) - radius * length(of: row, dual)
        }
        for method in Self.methods {
          let bounds = try localMargins(
            network, bound: nil, pixels: pixels, labels: labels, within: labels.map { _ in radius }, norm: norm,
            method: method)
          #expect(
            zip(bounds, expected).allSatisfy { $0 <= $1 && $0 > $1 - 1e-11 }, "seed \(seed): \(bounds) of \(expected)")
        }
      }
    }
  }

  /// The part of the ball outside [0, 1] is left out: exactly in L∞, nearly so in L2, where the least is known from the
  /// multiplier λ at which the clipped step is as long as the radius.
  @Test func theBoxIsUsed() throws {
    var helped = 0
    for seed in 0..<20 {
      let (network, pixels, labels) = try linear(seed: seed, low: -0.5, high: 1.5)
      let radius = 0.6
      let boxed = try leastOfPairs(network, pixels, labels) { row, image in
        dot(row, zip(row, image).map { weight, x in weight > 0 ? max(0, x - radius) : min(1, x + radius) })
      }
      let clipped = try leastOfPairs(network, pixels, labels) { row, image in
        func stepped(_ length: Double) -> [Double] { zip(row, image).map { min(1, max(0, $1 - length * $0)) } }
        var (low, high) = (1e-9, 1e9)
        for _ in 0..<200 {
          let middle = (low * high).squareRoot()
          let distance = length(of: zip(stepped(middle), image).map { $0 - $1 }, 2)
          if distance < radius { low = middle } else { high = middle }
        }
        return dot(row, stepped(low))
      }
      let free = try leastOfPairs(network, pixels, labels) { row, image in
        dot(row, image) - radius * length(of: row, 2)
      }
      func bounds(_ norm: PerturbationNorm) throws -> [Double] {
        try localMargins(
          network, bound: nil, pixels: pixels, labels: labels, within: labels.map { _ in radius }, norm: norm,
          method: .linear)
      }
      #expect(zip(try bounds(.linf), boxed).allSatisfy { $0 <= $1 && $0 > $1 - 1e-11 }, "seed \(seed)")
      for (bound, (clipped, free)) in zip(try bounds(.l2), zip(clipped, free)) {
        #expect(bound <= clipped + 1e-9 && bound >= free - 1e-9, "seed \(seed): \(free) \(bound) \(clipped)")
        #expect(bound > clipped - 0.05 * (clipped - free) - 1e-9, "seed \(seed): \(free) \(bound) \(clipped)")
        if clipped > free + 0.1 { helped += 1 }
      }
    }
    #expect(helped > 50)
  }

  /// ReLU(x − ½) + ReLU(½ − x) = |x − ½|: interval bounds add both ends, the two chords cancel.
  @Test func oneHiddenLayer() throws {
    let network = DeployedNetwork(
      inputShape: [1],
      body: [
        Stage("hidden", .linear(weight: try Tensor([1.0, -1], [2, 1]), bias: try Tensor([-0.5, 0.5], [2]))),
        Stage("relu", .relu),
      ], headWeight: try Tensor([1.0, 1, 0, 0], [2, 2]), headBias: try Tensor([0, 1.0], [2]))
    let pixels = try Tensor([0.5], [1, 1])
    for (method, loss) in [(LocalMethod.interval, 0.5), (.linear, 0.25), (.linearThroughout, 0.25)] {
      let bounds = try localMargins(
        network, bound: nil, pixels: pixels, labels: [1], within: [0.25], norm: .linf, method: method)
      #expect(abs(bounds[0] - (1 - loss)) < 1e-12, "\(method): \(bounds)")
    }
  }

  /// Interval bounds fall as the ball grows, and every method proves no more in a ball than in a much smaller one.
  @Test func boundsFallWithTheRadius() throws {
    for seed in 0..<2 {
      let network = try everyOperation(seed: seed, gelu: seed.isMultiple(of: 2))
      let bound = try network.lipschitzBound()
      let (pixels, labels) = try labelledImages(network, count: 4, seed: seed)
      for norm in [PerturbationNorm.linf, .l2] {
        for method in Self.methods {
          var last = [Double](repeating: .infinity, count: 4)
          for step in 0..<(method == .interval ? 8 : 4) {
            let radius = 0.0005 * pow(method == .interval ? 2 : 4, Double(step))
            let bounds = try localMargins(
              network, bound: bound, pixels: pixels, labels: labels, within: labels.map { _ in radius }, norm: norm,
              method: method)
            #expect(zip(bounds, last).allSatisfy { $0 <= $1 + 1e-9 }, "seed \(seed), \(method), \(norm) \(radius)")
            last = bounds
          }
        }
      }
    }
  }

  /// Dense matrices in numpy, themselves compared with auto_LiRPA: `Tools/oracles/crown.py`.
  @Test(arguments: ["conv", "mlp"]) func theIndependentComputationAgrees(_ name: String) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = try SafetensorsFile(contentsOf: folder.appendingPathComponent("Fixtures/crown.safetensors"))
    func tensor(_ part: String) throws -> Tensor { try Tensor(#require(file.tensors["\(name).\(part)"])) }
    let network = name == "conv" ? try convolutional(tensor) : try residualPerceptron(tensor)
    for (norm, radii) in [(PerturbationNorm.linf, [0.002, 0.01, 0.03]), (.l2, [0.01, 0.05, 0.15])] {
      let pixels = try tensor("\(norm.rawValue).pixels")
      let labels = try tensor("\(norm.rawValue).labels").integers()
      for method in Self.methods {
        let expected = try tensor("\(norm.rawValue).\(method)")
        for (index, radius) in radii.enumerated() {
          let bounding = try LocalBounding(network, bound: nil, basis: .realArithmetic)
          let image = try Enclosure(
            pixels: pixels.to(.float64), radii: labels.map { _ in radius }, isMaximum: norm == .linf)
          let found = try bounding.margins(over: image, labels: labels, method: method)
          let golden = try expected.narrowed(0, from: index, count: 1).reshaped(found.shape).to(.float64)
          let difference = try ((found - golden) / (golden.abs() + 1)).abs().max().item()
          #expect(difference < 3e-7, "\(name), \(norm) \(radius), \(method): differs by \(difference)")
        }
      }
    }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map { $0 * $1 }.reduce(0, +) }

  private func length(of values: [Double], _ p: Double) -> Double {
    pow(values.map { pow(abs($0), p) }.reduce(0, +), 1 / p)
  }

  // MARK: - Networks

  private func linear(seed: Int, low: Double, high: Double) throws -> (DeployedNetwork, Tensor, [Int]) {
    let stream = RandomStream(seed: UInt64(seed)).stream("linear")
    let network = linearClassifier(
      try Tensor.normal([4, 12], stream.stream("w"), dtype: .float64),
      try Tensor.normal([4], stream.stream("b"), dtype: .float64), input: [3, 2, 2])
    let pixels = try (Tensor.uniform([8, 3, 2, 2], stream.stream("pixels"), dtype: .float64) * (high - low) + low)
      .clamped(0, 1)
    return (network, pixels, try network.logits(pixels).argmax(1).integers())
  }

  /// Over the rivals of each label, the least of `value` of the difference of rows and the image, and of the biases.
  private func leastOfPairs(
    _ network: DeployedNetwork, _ pixels: Tensor, _ labels: [Int], _ value: ([Double], [Double]) -> Double
  ) throws -> [Double] {
    let (weight, bias, images) = (
      try network.headWeight.doubles(), try network.headBias.doubles(), try pixels.doubles()
    )
    let width = network.headWeight.size(1)
    return labels.enumerated().map { sample, label in
      let image = Array(images[sample * width..<(sample + 1) * width])
      return bias.indices.filter { $0 != label }.map { rival in
        let row = (0..<width).map { weight[label * width + $0] - weight[rival * width + $0] }
        return value(row, image) + bias[label] - bias[rival]
      }.min() ?? .infinity
    }
  }

  private func convolutional(_ tensor: (String) throws -> Tensor) throws -> DeployedNetwork {
    try DeployedNetwork(
      inputShape: [1, 5, 5],
      body: [
        Stage("normalize", .normalize(mean: tensor("mean"), std: tensor("std"))),
        Stage(
          "conv1",
          .convolution(weight: tensor("conv1.weight"), bias: tensor("conv1.bias"), geometry: .init(padding: 1))),
        Stage("relu1", .relu),
        Stage(
          "conv2",
          .convolution(
            weight: tensor("conv2.weight"), bias: tensor("conv2.bias"), geometry: .init(stride: 2, padding: 1))),
        Stage("relu2", .relu), Stage("flatten", .flatten),
      ], headWeight: tensor("head.weight"), headBias: tensor("head.bias"))
  }

  private func residualPerceptron(_ tensor: (String) throws -> Tensor) throws -> DeployedNetwork {
    func linear(_ name: String) throws -> Stage {
      try Stage(name, .linear(weight: tensor("\(name).weight"), bias: tensor("\(name).bias")))
    }
    return try DeployedNetwork(
      inputShape: [1, 3, 4],
      body: [
        Stage("flatten", .flatten), linear("linear1"), Stage("relu1", .relu),
        Stage(
          "block",
          .residual(
            shortcut: [], branch: [linear("inner1"), Stage("relu2", .relu), linear("inner2")], branchScale: 0.5)),
        Stage("relu3", .relu),
      ], headWeight: tensor("head.weight"), headBias: tensor("head.bias"))
  }
}
