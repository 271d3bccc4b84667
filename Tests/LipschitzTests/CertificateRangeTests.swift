import Foundation
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Lipschitz

/// Where radii end: at the diameter of the box of pixels, and at the range of single precision.
@TorchActor @Suite struct CertificateRangeTests {
  init() throws { try Torch.setThreads(1) }

  /// Networks whose answer never changes get the diameter of the box, in every way to a certificate, and as JSON.
  @Test func radiiEndAtTheDiameter() throws {
    let one = try linearClassifier(.ones([1, 12]), .ones([1]), input: [3, 2, 2])
    let constant = try linearClassifier(.zeros([3, 12]), Tensor([0, 2, 1] as [Float], [3]), input: [3, 2, 2])
    let flat = try linearClassifier(
      Tensor.normal([3, 12], RandomStream(seed: 1)) * 1e-6, Tensor([0, 2, 1] as [Float], [3]), input: [3, 2, 2])
    let pixels = try Tensor.uniform([2, 3, 2, 2], RandomStream(seed: 2))
    for (network, label) in [(one, 0), (constant, 1), (flat, 1)] {
      let bound = try network.lipschitzBound()
      let labels = [label, label]
      for basis in [CertificateBasis.realArithmetic, .singlePrecision] {
        let certificates = try certify(network, bound: bound, pixels: pixels, labels: labels, basis: basis)
        for sample in certificates.samples {
          #expect(sample.radiusL2 == 12.0.squareRoot().nextUp && sample.radiusLinf == 1, "\(basis)")
          #expect(try sample.certifies(Rational("1"), norm: .linf) && sample.certifies(Rational("3.46"), norm: .l2))
          #expect(try !sample.certifies(Rational("1.01"), norm: .linf) && sample.refusal == nil)
        }
        let local = try certifyLocally(network, bound: bound, pixels: pixels, labels: labels, basis: basis)
        #expect(local.samples.allSatisfy { $0.l2?.value == 12.0.squareRoot().nextUp && $0.linf?.value == 1 })
        #expect(throws: Never.self) { try JSONEncoder().encode(certificates.radiiL2) }
      }
      var claim = try NetworkClaim(name: "n", network, bound: bound)
      try claim.certify(network, bound: bound, basis: .singlePrecision, indices: [0, 1], labels: labels) {
        try pixels.narrowed(0, from: $0.lowerBound, count: $0.count)
      }
      let list = try #require(claim.samples?.list)
      #expect(list.allSatisfy { $0.radiusL2 == 12.0.squareRoot().nextUp && $0.radiusLinf == 1 })
      let findings = try ProofChecker().checkImages(claim, of: network) { _ in (pixels, labels) }
      #expect(findings.isConfirmed && findings.images == 2, "\(findings.refusals)")
    }
  }

  /// Layers of 1e25 and 1e-25: in exact arithmetic a tame network, in single precision infinities beyond a distance
  /// of 1e13, which the box does not hold, or, with 1e38, at the image itself.
  @Test func whatMayOverflowIsNotCertified() throws {
    func network(_ size: Double, bias: Double = 0) throws -> DeployedNetwork {
      let identity = try Tensor.eye(4)
      return DeployedNetwork(
        inputShape: [4],
        body: [
          Stage("up", .linear(weight: try identity * size, bias: try .full(bias, [4]))), Stage("relu", .relu),
          Stage("down", .linear(weight: try identity * 1e-20, bias: nil)),
          Stage("further", .linear(weight: try identity * (1e20 / size), bias: nil)),
        ], headWeight: try Tensor([1, 0, 0, 0, 0, 1, 0, 0] as [Float], [2, 4]), headBias: try .zeros([2]))
    }
    let pixels = try Tensor([0.9, 0.1, 0.5, 0.5, 0.1, 0.9, 0.5, 0.5] as [Float], [2, 4])
    func radii(_ network: DeployedNetwork, _ basis: CertificateBasis) throws -> ([Certificate], [LocalCertificate]) {
      let bound = try network.lipschitzBound()
      return (
        try certify(network, bound: bound, pixels: pixels, labels: [0, 1], basis: basis).samples,
        try certifyLocally(network, bound: bound, pixels: pixels, labels: [0, 1], basis: basis).samples
      )
    }
    let tame = try radii(network(1e25), .singlePrecision)
    #expect(tame.0.allSatisfy { ($0.radiusL2 ?? 0) > 0.5 && $0.refusal == nil })
    #expect(tame.1.allSatisfy { ($0.linf?.value ?? 0) > 0.39 })
    // Up to 3.4e38 fits, a little more is infinite, and the bounds stop at half of that.
    for size in [1.8e38, 3e38] {
      let wild = try network(size)
      let (global, _) = try radii(wild, .singlePrecision)
      for sample in global {
        #expect(sample.radiusL2 == nil && sample.radiusLinf == nil && sample.margin != nil, "\(size)")
        #expect(sample.refusal?.contains("single precision") == true && !sample.certifies(.zero, norm: .l2))
      }
      #expect(try radii(wild, .realArithmetic).0.allSatisfy { ($0.radiusL2 ?? 0) > 0.5 })
    }
    for method in [LocalMethod.interval, .linear, .linearThroughout] {
      let bounds = try localMargins(
        network(3e38), bound: nil, pixels: pixels, labels: [0, 1], within: [0.01, 0.01], norm: .linf, method: method,
        basis: .singlePrecision)
      #expect(bounds == [-.infinity, -.infinity], "\(method): \(bounds)")
    }
    // The premise: single precision does overflow there, in the box.
    let logits = try network(3e38, bias: 3e38).logits(.ones([1, 4])).doubles()
    #expect(logits.allSatisfy { !$0.isFinite })
  }

  /// A mean sums first and divides later.
  @Test func theSumOfAMeanMayOverflow() throws {
    func certified(_ size: Double) throws -> [Certificate] {
      let network = DeployedNetwork(
        inputShape: [1, 8, 8],
        body: [Stage("up", .scale(size)), Stage("mean", .globalAveragePool), Stage("down", .scale(1 / size))],
        headWeight: try Tensor([1, -1] as [Float], [2, 1]), headBias: try .zeros([2]))
      let pixels = try Tensor.ones([1, 1, 8, 8])
      let bound = try network.lipschitzBound()
      let margin = try localMargins(
        network, bound: bound, pixels: pixels, labels: [0], within: [0.1], norm: .linf, method: .interval,
        basis: .singlePrecision)
      let samples = try certify(network, bound: bound, pixels: pixels, labels: [0], basis: .singlePrecision).samples
      #expect((margin[0] > 0) == (samples[0].radiusL2 != nil), "\(size): \(margin)")
      return samples
    }
    #expect(try certified(1e30)[0].radiusL2 != nil)
    // 64 · 1e37 is beyond the range, 1e37 is not.
    #expect(try certified(1e37)[0].refusal != nil)
  }

  /// Group and layer norms divide by statistics of the sample: what rounding does to it is its own affair.
  @Test func anImagesCertificateDoesNotDependOnItsNeighbours() throws {
    let network = try describedNetwork(.init(width: 4, norm: .group), input: [2, 8, 8], seed: 3)
    let bound = try network.lipschitzBound()
    let image = try Tensor.uniform([1, 2, 8, 8], RandomStream(seed: 3), dtype: .float64)
    func errors(_ pixels: Tensor) throws -> [Double] {
      var state = try ForwardError(pixels: pixels)
      try state.pass(network.body, bound.body, basis: .realArithmetic)
      return try state.double.doubles()
    }
    let alone = try errors(image)[0]
    let beside = try errors(.concatenated([image, image * 1e6]))
    #expect(alone > 0 && abs(beside[0] / alone - 1) < 1e-9, "\(alone), \(beside)")
  }
}
