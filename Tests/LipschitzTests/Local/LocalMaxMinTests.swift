import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Lipschitz

/// Local bounds of networks with MaxMin: of features, of channels, of tokens, inside blocks.
@TorchActor @Suite struct LocalMaxMinTests {
  init() throws { try Torch.setThreads(1) }

  private func network(seed: Int) throws -> DeployedNetwork {
    let stream = RandomStream(seed: UInt64(seed)).stream("local maxmin")
    func normal(_ name: String, _ shape: [Int], _ size: Double) throws -> Tensor {
      try Tensor.normal(shape, stream.stream(name)) * size
    }
    let body = [
      try convolution("conv1", (2, 4), stream), Stage("act1", .maxMin),
      Stage(
        "block",
        .residual(
          shortcut: [],
          branch: [
            try convolution("conv2", (4, 6), stream), Stage("act2", .maxMin), try convolution("conv3", (6, 4), stream),
          ], branchScale: 0.5)),
      Stage("patches", .patches), Stage("act3", .maxMin), Stage("flatten", .flatten),
      Stage("linear", .linear(weight: try normal("w", [8, 64], 0.2), bias: try normal("b", [8], 0.3))),
      Stage("act4", .maxMin), Stage("relu", .relu),
    ]
    return DeployedNetwork(
      inputShape: [2, 4, 4], body: body, headWeight: try normal("head", [3, 8], 1), headBias: try normal("hb", [3], 0.1)
    )
  }

  /// No point of the ball has a margin below its bound; of bounds for half the radius many do.
  @Test(arguments: [PerturbationNorm.linf, .l2]) func noPointIsBelowTheBound(_ norm: PerturbationNorm) throws {
    var (caught, seen) = (0, 0)
    for seed in 0..<4 {
      let network = try network(seed: seed)
      let exact = try network.mappingTensors { try $0.to(.float64) }
      let bound = try network.lipschitzBound()
      let (pixels, labels) = try labelledImages(network, count: 5, seed: seed)
      let radii = [0.001, 0.004, 0.02, 0.05, 0.1].map { $0 * (norm == .linf ? 1 : 5) }
      let stream = RandomStream(seed: UInt64(seed)).stream("points")
      let within = try points(network, pixels, labels, radii: radii, norm: norm, count: 10, stream)
      // What single precision computes at its own points inside the ball.
      let inside = try points(
        network, pixels, labels, radii: radii.map { $0 * (1 - 1e-6) - 1e-6 }, norm: norm, count: 10, stream
      ).map { try $0.to(.float32) }
      for method in LocalSoundnessTests.methods {
        func bounds(_ factor: Double, _ basis: CertificateBasis = .realArithmetic) throws -> [Double] {
          try localMargins(
            network, bound: bound, pixels: pixels, labels: labels, within: radii.map { $0 * factor }, norm: norm,
            method: method, basis: basis)
        }
        let whole = try bounds(1)
        let count = try violations(exact, whole, within, labels, tolerance: 1e-11)
        #expect(count == 0, "seed \(seed), \(method): \(count) points below \(whole)")
        caught += try violations(exact, bounds(0.5), within, labels, tolerance: 1e-11)
        seen += whole.filter { $0 > 0 }.count
        let single = try bounds(1, .singlePrecision)
        #expect(try violations(network, single, inside, labels, tolerance: 0) == 0, "seed \(seed), \(method)")
      }
    }
    #expect(caught > 10 && seen > 10, "\(caught) points below halved bounds, \(seen) bounds are positive")
  }

  /// Sorting one pair, z₀ − z₁ = 2(max − min) ≥ 2(a − b): that line is taken as long as a − b is rather above 0, and
  /// over a ball it is 2(a − b − 2r).
  @Test func closedForms() throws {
    let network = DeployedNetwork(
      inputShape: [2], body: [Stage("sort", .maxMin)], headWeight: try Tensor([1, -1, -1, 1] as [Double], [2, 2]),
      headBias: try .zeros([2], dtype: .float64))
    let pixels = try Tensor([0.75, 0.25], [1, 2])
    for radius in [0, 0.1, 0.2, 0.25] {
      let found = try localMargins(
        network, bound: nil, pixels: pixels, labels: [0], within: [radius], norm: .linf, method: .linear)[0]
      #expect(abs(found - 2 * (0.5 - 2 * radius)) < 1e-9, "\(radius): \(found)")
    }
  }

  /// With orthogonal matrices around it the global bound is exact but for the norm; local bounds find more in L∞, and
  /// nothing inside what they find changes the label.
  @Test func orthogonalNetworks() throws {
    let stream = RandomStream(seed: 2).stream("orthogonal")
    let matrices = try (0..<3).map {
      try Tensor.normal([16, 16], stream.stream($0), dtype: .float64).qr().q
    }
    let body = try matrices.enumerated().flatMap { index, matrix in
      [
        Stage("linear\(index)", .linear(weight: matrix, bias: try .zeros([16], dtype: .float64))),
        Stage("sort\(index)", .maxMin),
      ]
    }
    let network = DeployedNetwork(
      inputShape: [16], body: body, headWeight: try Tensor.normal([4, 16], stream.stream("head"), dtype: .float64),
      headBias: try .zeros([4], dtype: .float64))
    let pixels = try Tensor.uniform([12, 16], stream.stream("x"), dtype: .float64)
    let labels = try network.logits(pixels).argmax(1).integers()
    let found = try certifyLocally(network, bound: network.lipschitzBound(), pixels: pixels, labels: labels)
    let gains = found.samples.map { ($0.linf?.value ?? 0) / ($0.global.radiusLinf ?? 1) }
    #expect(gains.allSatisfy { $0 >= 1 } && gains.contains { $0 > 1.05 }, "\(gains)")
    for sample in found.samples.indices {
      let radius = try #require(found.samples[sample].linf?.value)
      let image = try pixels.narrowed(0, from: sample, count: 1)
      let tried = try points(
        network, image, [labels[sample]], radii: [radius * (1 - 1e-9)], norm: .linf, count: 30, stream.stream(sample))
      for point in tried { #expect(try network.logits(point).argmax(1).integers() == [labels[sample]]) }
    }
  }
}
