import Lipschitz
import RandomStreams
import ResidualNets
import Testing
import TorchCore

/// Bounds on moved logits against how far they really moved, over pairs of random networks of every kind that has one.
@TorchActor @Suite struct DriftBoundTests {
  private func drift(_ old: DeployedNetwork, _ new: DeployedNetwork, _ pixels: Tensor) throws -> [ImageDrift] {
    try logitDrift(from: old, to: new, count: pixels.size(0), batchSize: 3) {
      try pixels.narrowed(0, from: $0.lowerBound, count: $0.count)
    }
  }

  /// The movement is computed here from the two networks' own logits, and must agree with what is reported.
  private func check(
    _ old: DeployedNetwork, _ new: DeployedNetwork, seed: Int, _ note: String
  ) throws -> [ImageDrift] {
    let pixels = try images(5, like: old, seed: seed)
    let found = try drift(old, new, pixels)
    let (before, after) = try withoutGradients { try (old.logits(pixels), new.logits(pixels)) }
    let movements = try sampleNorms(after - before)
    for (image, movement) in zip(found, movements) {
      #expect(image.movement > 0 && movement <= image.bound, "\(note): \(movement) above \(image.bound)")
      #expect(abs(image.movement - movement) <= 1e-9 * (1 + movement), "\(note)")
      #expect(!image.isRefuted, "\(note)")
    }
    return found
  }

  @Test(arguments: BlockBoundTests.descriptions) func noMovementExceedsTheBound(description: NetworkDescription) throws
  {
    let isNamed = description.architecture == .resnet50
    let old = try describedNetwork(description, input: isNamed ? [2, 16, 16] : [2, 7, 8], seed: 3)
    let sizes = isNamed ? [1e-2] : [1e-3, 0.1]
    for (index, size) in sizes.enumerated() {
      _ = try check(old, moved(old, by: size, seed: index), seed: index, "\(description.summary), \(size)")
    }
  }

  /// Networks in single precision, as they are deployed, and unrelated ones: any two of one structure.
  @Test func unrelatedNetworksToo() throws {
    for seed in 0..<6 {
      let (a, b) = try (
        residualNetwork(width: 3, depth: 1, input: [2, 9, 8], seed: seed, branchScale: 0.5),
        residualNetwork(width: 3, depth: 1, input: [2, 9, 8], seed: seed + 100, branchScale: 0.5)
      )
      let pixels = try images(5, like: a, seed: seed)
      let found = try drift(a, b, pixels)
      #expect(found.allSatisfy { $0.movement > 0 && $0.movement <= $0.bound && !$0.isProven }, "seed \(seed)")
    }
  }

  @Test func rootsOfImplicitStepsToo() throws {
    for description in [
      NetworkDescription(depth: 8, width: 3, block: .backwardEuler, norm: .none, dynamics: .init(step: 0.02)),
      NetworkDescription(
        architecture: .mlp, depth: 3, width: 9, block: .backwardEuler, norm: .none,
        dynamics: .init(step: 0.5, shared: true), branchBudget: 1.2),
    ] {
      let trained = try taskNetwork(description, seed: 1)
      try trained.settleConstraints()
      let old = try trained.deployed()
      for seed in 0..<3 { _ = try check(old, moved(old, by: 1e-3, seed: seed), seed: seed, description.summary) }
    }
  }

  /// Norms of a sample's own statistics, GELU, pools, offsets and token means: whatever else has a bound.
  @Test func everyOtherOperationToo() throws {
    let stream = RandomStream(seed: 4)
    func normal(_ shape: [Int], _ name: String) throws -> Tensor {
      try Tensor.normal(shape, stream.stream(name), dtype: .float64) * 0.5
    }
    let body = try [
      Stage("conv", .convolution(weight: normal([4, 2, 3, 3], "w"), bias: nil, geometry: .init(padding: 1))),
      Stage("gn", .groupNorm(groups: 2, weight: normal([4], "gw"), bias: normal([4], "gb"), epsilon: 0.1)),
      Stage("gelu", .gelu), Stage("max", .maxPool(kernel: 3, stride: 2, padding: 1)),
      Stage("affine", .affine(scale: nil, shift: normal([4], "shift"))),
      Stage("average", .averagePool(kernel: 2, stride: 2, padding: 0)), Stage("scale", .scale(0.7)),
      Stage("patches", .patches), Stage("offset", .offset(normal([4, 4], "offset"))),
      Stage("ln", .layerNorm(weight: normal([4], "lw"), bias: normal([4], "lb"), epsilon: 0.1)),
      Stage("tokens", .linear(weight: normal([5, 4], "l"), bias: normal([5], "lbias"))), Stage("mean", .tokenMean),
    ]
    let old = DeployedNetwork(
      inputShape: [2, 8, 8], body: body, headWeight: try normal([3, 5], "head"), headBias: try normal([3], "bias"))
    for seed in 0..<4 { _ = try check(old, moved(old, by: 0.02, seed: seed), seed: seed, "seed \(seed)") }
  }

  @Test func equalNetworksHaveNotMoved() throws {
    let network = try residualNetwork(width: 3, depth: 1, input: [2, 9, 8], seed: 2)
    let found = try drift(network, network, images(7, like: network, seed: 1))
    #expect(found.count == 7 && found.allSatisfy { $0.bound == 0 && $0.movement == 0 && $0.stands && $0.isProven })
  }

  /// z = Wx + b: the bound is ‖ΔW x + Δb‖, no more, so half of it is caught on every image.
  @Test func ofALinearNetworkTheBoundIsTheMovement() throws {
    let stream = RandomStream(seed: 9)
    let (w, w2) = try (Tensor.normal([3, 12], stream.stream("w")), Tensor.normal([3, 12], stream.stream("w2")))
    let (b, b2) = try (Tensor.normal([3], stream.stream("b")), Tensor.normal([3], stream.stream("b2")))
    let (old, new) = (linearClassifier(w, b, input: [3, 2, 2]), linearClassifier(w2, b2, input: [3, 2, 2]))
    let pixels = try images(40, like: old, seed: 1)
    let flat = try pixels.flattened()
    let exact = try flat.matmul((w2.to(.float64) - w.to(.float64)).transposed()) + (b2.to(.float64) - b.to(.float64))
    let found = try drift(old, new, pixels)
    for (image, movement) in try zip(found, sampleNorms(exact)) {
      #expect(image.bound >= movement && image.bound <= movement * (1 + 1e-5))
      #expect(!image.isRefuted && image.scaled(by: 0.5).isRefuted)
      // Features have not moved, so nothing but the head decides and nothing is lost.
      #expect(image.isProven == image.stands)
    }
    #expect(found.contains { $0.stands } && found.contains { !$0.stands })
  }

  /// z = diag(d′) A′ x after diag(d) A x: ‖d′‖_∞ ‖(A′ − A) x‖ + ‖(d′ − d) ⊙ A x‖.
  @Test func ofTwoLayersItIsTheFormula() throws {
    let stream = RandomStream(seed: 11)
    let (a, a2) = try (
      Tensor.normal([4, 6], stream.stream("a"), dtype: .float64),
      Tensor.normal([4, 6], stream.stream("a2"), dtype: .float64)
    )
    let (d, d2) = ([1.5, -0.25, 2, 0.5], [1.25, 0.5, -3, 0.75])
    func diagonal(_ values: [Double]) throws -> Tensor { try Tensor.eye(4, dtype: .float64) * Tensor(values, [4]) }
    let (old, new) = try (
      perceptron([a, diagonal(d)], relu: false), perceptron([a2, diagonal(d2)], relu: false)
    )
    let pixels = try images(20, like: old, seed: 2)
    let inner = try sampleNorms(pixels.matmul((a2 - a).transposed()))
    let outer = try sampleNorms(pixels.matmul(a.transposed()) * Tensor(zip(d2, d).map { $0 - $1 }, [4]))
    for (image, (first, second)) in try zip(drift(old, new, pixels), zip(inner, outer)) {
      let expected = 3 * first + second
      #expect(image.bound >= expected * (1 - 1e-12) && image.bound <= expected * (1 + 1e-5))
    }
  }

  /// Nothing is proven that fails, small changes prove much, large ones nothing: of a network that learned nothing.
  @Test func proofsGoAsChangesGrow() throws {
    let old = try residualNetwork(width: 3, depth: 1, input: [2, 9, 8], seed: 5, branchScale: 0.3)
    let pixels = try images(60, like: old, seed: 3)
    var shares: [Int] = []
    for size in [1e-7, 1e-4, 1e-3, 1] {
      let found = try drift(old, moved(old, by: size, seed: 1), pixels)
      let contradicted = found.contains { $0.isRefuted || ($0.isProven && !$0.stands) }
      #expect(!contradicted, "\(size)")
      shares.append(found.count(where: \.isProven))
    }
    #expect(shares.first == 60 && shares.last == 0 && shares == shares.sorted(by: >), "\(shares)")
  }
}
