import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Lipschitz

/// Certificates of networks that search for roots: the distance from the true root is part of the forward error.
@TorchActor @Suite struct ImplicitCertificateTests {
  private func network(seed: Int) throws -> DeployedNetwork {
    let description = NetworkDescription(
      depth: 8, width: 3, block: .backwardEuler, norm: .none, dynamics: .init(step: 0.5), branchBudget: 0.9,
      headBudget: 4)
    let network = try taskNetwork(description, seed: seed)
    try network.settleConstraints()
    return try network.deployed()
  }

  /// The stages one after another, each root found to a tolerance.
  private func features(_ network: DeployedNetwork, _ pixels: Tensor, tolerance: Double) throws -> Tensor {
    try network.body.reduce(pixels) { x, stage in
      guard case .implicit(let branch, let step) = stage.operation else { return try stage.apply(x) }
      let solver = ImplicitSolver(tolerance: tolerance, iterationLimit: 100)
      return try backwardEulerStep(x, step: step, solver: solver, site: stage.name) { try branch.apply($0) }
    }
  }

  /// A root found to 1e-5 in place of 1e-11: what the residual there claims covers the distance from one found to
  /// 1e-13.
  @Test func theResidualCoversTheDistance() throws {
    var ratios: [Double] = []
    for seed in 0..<12 {
      let stream = RandomStream(seed: UInt64(seed))
      let description = NetworkDescription(
        architecture: .mlp, depth: 1, width: 10, block: .backwardEuler, norm: .none, dynamics: .init(step: 0.1))
      let deployed = try describedNetwork(description, seed: seed, gain: 0.7)
      let stage = try #require(deployed.body.first { if case .implicit = $0.operation { true } else { false } })
      guard case .implicit(let branch, let step) = stage.operation else { continue }
      let alone = DeployedNetwork(
        inputShape: [10], body: [stage], headWeight: try .eye(10, dtype: .float64), headBias: try .zeros([10]))
      let bound = try alone.lipschitzBound()
      let h = try Tensor.normal([20, 10], stream, dtype: .float64)
      let (loose, tight) = try (features(alone, h, tolerance: 1e-5), features(alone, h, tolerance: 1e-13))
      let residual = try sampleNorms(h + branch.apply(loose) * step - loose)
      for (distance, residual) in try zip(sampleNorms(loose - tight), residual) {
        #expect(distance <= residual * bound.featureUpper + 1e-11, "seed \(seed)")
        if residual > 1e-9 { ratios.append(distance / (residual * bound.featureUpper)) }
      }
    }
    #expect(ratios.count > 20 && (ratios.max() ?? 0) > 0.3, "and not by far too much")
  }

  /// The forward error claimed for a whole network covers how far it is from the same network with roots to 1e-13, and
  /// a search that stops at 1e-5 is further away than that: it would be noticed.
  @Test func theForwardErrorCoversTheSearch() throws {
    for seed in 0..<4 {
      let network = try network(seed: seed)
      let pixels = try Tensor.uniform([8, 2, 7, 8], RandomStream(seed: UInt64(seed)), dtype: .float64)
      let bound = try network.lipschitzBound()
      try withoutGradients {
        var state = try ForwardError(pixels: pixels)
        try state.pass(network.body, bound.body, basis: .realArithmetic)
        let claimed = try state.double.doubles()
        let tight = try features(network, pixels, tolerance: 1e-13)
        let distances = try sampleNorms(state.value - tight)
        let slack = try sampleNorms(tight).map { $0 * 1e-12 * bound.featureUpper }
        #expect(zip(distances, zip(claimed, slack)).allSatisfy { $0 <= $1.0 + $1.1 }, "seed \(seed)")
        let loose = try sampleNorms(features(network, pixels, tolerance: 1e-5) - tight)
        #expect(zip(loose, claimed).contains { $0 > $1 }, "seed \(seed): \(loose) within \(claimed)")
        #expect(claimed.allSatisfy { $0 < 1e-5 })
      }
    }
  }

  /// Random directions and gradients inside the certified ball find no other class.
  @Test func certificatesHold() throws {
    var certified = 0
    for seed in 0..<3 {
      let network = try network(seed: seed)
      let stream = RandomStream(seed: UInt64(seed)).stream("certificates")
      let pixels = try Tensor.uniform([24, 2, 7, 8], stream, dtype: .float64)
      let labels = try withoutGradients { try network.logits(pixels).argmax(1).integers() }
      let certificates = try certify(network, bound: network.lipschitzBound(), pixels: pixels, labels: labels)
      #expect(certificates.basis == .realArithmetic)
      let radii = certificates.samples.map { $0.radiusL2 ?? 0 }
      certified += radii.filter { $0 > 1e-6 }.count
      let column = try Tensor(radii, [24, 1])
      for shift in 1...3 {
        // Towards a rival: the gradient of z_rival − z_label.
        let leaf = try pixels.asLeaf()
        var signs = [Double](repeating: 0, count: 24 * 4)
        for (sample, label) in labels.enumerated() {
          signs[sample * 4 + label] = -1
          signs[sample * 4 + (label + shift) % 4] = 1
        }
        let slope = try #require(
          try gradients(of: network.logits(leaf), seed: Tensor(signs, [24, 4]), withRespectTo: [leaf])[0]
        ).flattened()
        let step = try slope / (slope.norm(2, [1], keepingDimensions: true) + 1e-30) * column
        let attacked = try withoutGradients {
          try network.logits((pixels.flattened() + step).reshaped(pixels.shape)).argmax(1).integers()
        }
        #expect(attacked == labels, "seed \(seed)")
      }
    }
    #expect(certified > 30)
  }

  /// Where a search in single precision ends is not known beforehand.
  @Test func singlePrecisionIsRefused() throws {
    let network = try network(seed: 1)
    let pixels = try Tensor.uniform([2, 2, 7, 8], RandomStream(seed: 1), dtype: .float64)
    let bound = try network.lipschitzBound()
    let error = #expect(throws: LipschitzError.self) {
      try certify(network, bound: bound, pixels: pixels, labels: [0, 1], basis: .singlePrecision)
    }
    guard case .unsupportedBasis(let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("layer1.0"))
    // The strongest basis that is left.
    let strongest = try certifyStrongest(network, bound: bound, labels: [0, 1]) { _ in pixels }
    #expect(strongest.basis == .realArithmetic)
  }

  /// A bound of another step is not taken for this network's.
  @Test func anotherStepIsNoticed() throws {
    let network = try network(seed: 1)
    let other = DeployedNetwork(
      inputShape: network.inputShape,
      body: network.body.map { stage in
        guard case .implicit(let branch, let step) = stage.operation else { return stage }
        return Stage(stage.name, .implicit(branch: branch, step: step / 2))
      }, headWeight: network.headWeight, headBias: network.headBias)
    let pixels = try Tensor.uniform([1, 2, 7, 8], RandomStream(seed: 1), dtype: .float64)
    #expect(throws: LipschitzError.self) {
      try certify(network, bound: other.lipschitzBound(), pixels: pixels, labels: [0])
    }
  }
}
