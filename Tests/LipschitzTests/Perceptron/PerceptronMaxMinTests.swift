import OperatorNorms
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Lipschitz

/// Tight bounds of perceptrons with MaxMin.
@TorchActor @Suite struct PerceptronMaxMinTests {
  init() throws { try Torch.setThreads(1) }

  /// Linear layers of even widths, MaxMin behind all of them or ReLU behind some.
  private func network(seed: Int, depth: Int, mixed: Bool = false) throws -> DeployedNetwork {
    let stream = RandomStream(seed: UInt64(seed)).stream("sorting perceptron")
    let widths = [3] + (0..<depth).map { 2 + 2 * stream.integer(below: 2, at: UInt64($0)) } + [3]
    func weight(_ index: Int) throws -> Tensor {
      let rows = try Tensor.normal([widths[index + 1], 1], stream.stream("rows").stream(index), dtype: .float64).exp()
      return try Tensor.normal([widths[index + 1], widths[index]], stream.stream(index), dtype: .float64) * rows
    }
    let body = try (0..<depth).flatMap { index in
      [
        Stage(
          "linear\(index)",
          .linear(
            weight: try weight(index),
            bias: try .normal([widths[index + 1]], stream.stream("b").stream(index), dtype: .float64))),
        Stage("act\(index)", mixed && index % 2 == 1 ? .relu : .maxMin),
      ]
    }
    return DeployedNetwork(
      inputShape: [3], body: body, headWeight: try weight(depth), headBias: try .zeros([3], dtype: .float64))
  }

  /// max over all orders of pairs, and all open and closed ReLUs, one by one, by explicit matrices.
  private func largest(_ network: DeployedNetwork) throws -> Double {
    func largest(_ product: Tensor, _ stages: ArraySlice<Stage>) throws -> Double {
      guard let stage = stages.first else { return try product.singularValues().max().item() }
      let rest = stages.dropFirst()
      let width = product.size(0)
      switch stage.operation {
      case .linear(let weight, _): return try largest(weight.matmul(product), rest)
      case .relu:
        return try (0..<(1 << width)).map { pattern in
          try largest(product * Tensor((0..<width).map { Double(pattern >> $0 & 1) }, [width, 1]), rest)
        }.max() ?? 0
      default:
        return try (0..<(1 << (width / 2))).map { pattern in
          let places = (0..<width).map { row in
            pattern >> (row % (width / 2)) & 1 == 0 ? row : (row + width / 2) % width
          }
          return try largest(product.selecting(0, Tensor(indices: places)), rest)
        }.max() ?? 0
      }
    }
    return try largest(.eye(3, dtype: .float64), network.stages[...])
  }

  @Test func everyWayLiesAboveAllOrders() throws {
    var gains = 0
    for seed in 0..<24 {
      let network = try network(seed: seed, depth: 1 + seed % 3, mixed: seed % 4 == 3)
      let exact = try largest(network)
      let bound = try network.perceptronBound(.only(.product, .absoluteProduct, .multipliers, .masks, starts: 6))
      for (method, upper) in bound.uppers {
        #expect(upper >= exact * (1 - 1e-14), "seed \(seed): \(method) gives \(upper) for \(exact)")
      }
      let (fine, product) = try (#require(bound.uppers[.multipliers]), #require(bound.uppers[.product]))
      let masks = try #require(bound.uppers[.masks])
      #expect(masks <= exact * (1 + 1e-6), "seed \(seed)")
      #expect(fine <= product * (1 + 1e-6), "seed \(seed): \(fine) above \(product)")
      if fine < 0.9 * product { gains += 1 }
      let lower = try #require(bound.lower)
      #expect(lower <= bound.upper && (lower > 0.05 * exact || seed % 4 == 3), "seed \(seed): \(lower) of \(exact)")
    }
    #expect(gains > 5, "\(gains) are better than the product")
  }

  /// A certificate asks nothing of its candidate.
  @Test func noCandidateProvesTooMuch() throws {
    var useful = 0
    for seed in 0..<12 {
      let network = try network(seed: seed, depth: 1 + seed % 3)
      let exact = try largest(network)
      let layers = try PerceptronFolding.layers(of: network.stages, inputShape: network.inputShape)
      let certificate = UnrolledCertificate(try UnrolledPerceptron(layers))
      let start = try SlopeMultipliers.product(of: layers)
      for (index, factor) in [0.01, 0.25, 0.9, 0.99, 2].enumerated() {
        let stream = RandomStream(seed: UInt64(seed)).stream("candidates").stream(index)
        let candidate = SlopeMultipliers(
          rho: exact * exact * factor,
          multipliers: try start.multipliers.enumerated().map {
            try $1 * (Tensor.normal([$1.count], stream.stream($0), dtype: .float64) * 0.3).exp()
          })
        let upper = try certificate.upper(candidate)
        #expect(upper >= exact, "seed \(seed), factor \(factor): \(upper) for \(exact)")
        if upper < 100 * exact { useful += 1 }
      }
      let negative = SlopeMultipliers(rho: 1, multipliers: try start.multipliers.map { try $0.negated() })
      #expect(try certificate.upper(negative) == .infinity)
    }
    #expect(useful > 10, "\(useful)")
  }

  /// Images, normalisation, more inputs than rows, and activations next to each other: the folded matrices against
  /// what the network computes.
  @Test func stagesFold() throws {
    let stream = RandomStream(seed: 4).stream("stages")
    let weight = try Tensor.normal([4, 18], stream.stream("w"))
    let network = DeployedNetwork(
      inputShape: [2, 3, 3],
      body: [
        Stage(
          "normalize", .normalize(mean: try Tensor([Float(0.4), 0.5], [2]), std: try Tensor([Float(0.25), 0.5], [2]))),
        Stage("sort0", .maxMin), Stage("flatten", .flatten), Stage("linear", .linear(weight: weight, bias: nil)),
        Stage("sort1", .maxMin), Stage("relu", .relu), Stage("sort2", .maxMin),
      ], headWeight: try .normal([3, 4], stream.stream("head")), headBias: try .zeros([3]))
    let layers = try PerceptronFolding.layers(of: network.stages, inputShape: network.inputShape)
    #expect(layers.map(\.sortsPairs) == [true, true, false, true, false] && layers.hiddenNeurons == 9 + 2 + 4 + 2)
    let x = try Tensor.uniform([5, 2, 3, 3], stream.stream("x"))
    var h = try x.to(.float64).flattened()
    for layer in layers.dropLast() {
      let z = try h.linear(layer.weight, layer.bias)
      h = try layer.sortsPairs ? Stage("sort", .maxMin).apply(z) : z.relu()
    }
    let found = try h.linear(layers[4].weight, layers[4].bias)
    #expect(try (found - network.logits(x).to(.float64)).abs().max().item() < 1e-5)
    let bound = try network.lipschitzBound(tightening: .only(.multipliers, .product))
    #expect(try bound.upper <= network.lipschitzBound().upper && bound.perceptron?.uppers.count == 2)
    let y = try x.to(.float64) + Tensor.normal(x.shape, stream.stream("y"), dtype: .float64) * 0.1
    let exact = try network.mappingTensors { try $0.to(.float64) }
    let rises = try sampleNorms(exact.logits(y) - exact.logits(x.to(.float64)))
    #expect(try zip(rises, sampleNorms(y - x.to(.float64))).allSatisfy { $0 <= bound.upper * $1 })
  }
}
