import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Lipschitz

@TorchActor @Suite struct PerceptronBoundTests {
  /// Every way against all patterns tried one by one; masks meet it, the others lie above in the order of what they
  /// relax.
  @Test func everyWayLiesAboveAllPatterns() throws {
    for seed in 0..<40 {
      let network = try randomPerceptron(seed: seed, hidden: 4, depth: 1 + seed % 3)
      let exact = try largestOverPatterns(matrices(network))
      let bound = try network.perceptronBound(
        .only(.product, .absoluteProduct, .equalMultipliers, .multipliers, .masks))
      let uppers = bound.uppers
      for (method, upper) in uppers { #expect(upper >= exact, "seed \(seed): \(method) gives \(upper) for \(exact)") }
      let masks = try #require(uppers[.masks])
      #expect(masks <= exact * (1 + 1e-6), "seed \(seed)")
      #expect(uppers.count == 5 && bound.upper == uppers.values.min() && uppers[bound.method] == bound.upper)
      let fine = try #require(uppers[.multipliers])
      let coarse = try #require(uppers[.equalMultipliers])
      let product = try #require(uppers[.product])
      #expect(fine <= coarse * (1 + 1e-6) && coarse <= product * (1 + 1e-6), "seed \(seed)")
    }
  }

  /// Secants of random pairs and at steep places never exceed a bound; half of it is exceeded.
  @Test func secantsStayBelowAndRefuteAHalvedBound() throws {
    var refuted = 0
    for seed in 0..<20 {
      let network = try randomPerceptron(seed: seed, hidden: 9, depth: 1 + seed % 3)
      let bound = try network.perceptronBound(.only(.multipliers, starts: 3))
      let lower = try #require(bound.lower)
      #expect(lower > 0 && lower <= bound.upper, "seed \(seed): \(lower) above \(bound.upper)")
      if lower > bound.upper / 2 { refuted += 1 }
      let stream = RandomStream(seed: UInt64(seed)).stream("pairs")
      for (step, size) in [10, 1e-3].enumerated() {
        let x = try Tensor.normal([300] + network.inputShape, stream.stream("x"), dtype: .float64) * 5
        let y = try x + Tensor.normal(x.shape, stream.stream(step), dtype: .float64) * size
        let rises = try sampleNorms(network.logits(x) - network.logits(y))
        let runs = try sampleNorms(x - y)
        #expect(zip(rises, runs).allSatisfy { $0 <= bound.upper * $1 * (1 + 1e-9) }, "seed \(seed)")
      }
    }
    #expect(refuted >= 12, "\(refuted)")
  }

  /// A certificate asks nothing of its candidate: random multipliers and a ρ far too small prove a larger constant, or
  /// nothing, but never a wrong one.
  @Test func noCandidateProvesTooMuch() throws {
    var useful = 0
    for seed in 0..<30 {
      let network = try randomPerceptron(seed: seed, hidden: 3, depth: 1 + seed % 3)
      let exact = try largestOverPatterns(matrices(network))
      let layers = try PerceptronFolding.layers(of: network.stages, inputShape: network.inputShape)
      let certificate = try SlopeCertificate(layers)
      let equal = try SlopeMultipliers.equal(for: layers)
      #expect(try certificate.upper(equal) >= exact, "seed \(seed)")
      let stream = RandomStream(seed: UInt64(seed)).stream("candidates")
      for (index, factor) in [0.01, 0.25, 0.5, 0.9, 0.99, 2].enumerated() {
        let candidate = SlopeMultipliers(
          rho: exact * exact * factor,
          multipliers: try equal.multipliers.enumerated().map {
            try $1 * (Tensor.normal([$1.count], stream.stream(index).stream($0), dtype: .float64) * 0.3).exp()
          })
        let upper = try certificate.upper(candidate)
        #expect(upper >= exact, "seed \(seed), factor \(factor): \(upper) for \(exact)")
        if upper < 100 * exact { useful += 1 }
      }
      let negative = SlopeMultipliers(rho: 1, multipliers: try equal.multipliers.map { try $0.negated() })
      #expect(try certificate.upper(negative) == .infinity)
    }
    #expect(useful > 20, "\(useful)")
  }

  @Test func closedForms() throws {
    func bound(_ weights: [[[Double]]], relu: Bool = true) throws -> PerceptronBound {
      try perceptron(
        weights.map { try Tensor($0.flatMap { $0 }, [$0.count, $0[0].count]) }, relu: relu
      ).perceptronBound(.only(.multipliers, starts: 2))
    }
    func meets(_ bound: PerceptronBound, _ exact: Double, _ tolerance: Double = 1e-5) throws -> Bool {
      let lower = try #require(bound.lower)
      return bound.upper >= exact && bound.upper <= exact * (1 + tolerance) && lower <= exact
        && lower >= exact * (1 - tolerance)
    }
    // |x| = relu(x) + relu(−x), whose product of norms is 2.
    #expect(try meets(bound([[[1], [-1]], [[1, 1]]]), 1))
    // One neuron: ‖w_2‖‖w_1‖.
    #expect(try meets(bound([[[3, 4]], [[0], [2]]]), 10))
    // Neurons that share no input and no output: the largest of them.
    #expect(try meets(bound([[[3, 0], [0, -2]], [[1, 0], [0, 5]]]), 10))
    // No ReLU: the norm of the product, where the product of norms is 6.
    #expect(try meets(bound([[[3, 0], [0, 1]], [[1, 0], [0, 2]]], relu: false), 3))
    // A neuron that nothing enters, and an output that nothing reaches.
    #expect(try meets(bound([[[0, 0], [1, 0]], [[7, 1]]]), 1))
    let constant = try bound([[[0, 0]], [[7]]])
    #expect(constant.upper == 0 && constant.lower == 0)
  }
}
