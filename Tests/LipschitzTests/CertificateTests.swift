import Foundation
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Lipschitz

@TorchActor @Suite struct CertificateTests {
  /// A linear classifier's true distance to its decision boundary is known: the radius is that, rounded inward.
  @Test func linearClassifiersGetTheirExactDistance() throws {
    for seed in 0..<30 {
      let network = try linear(seed: seed)
      let (pixels, labels) = try samples(network, count: 40, seed: seed)
      let certificates = try certify(network, bound: network.lipschitzBound(), pixels: pixels, labels: labels)
      let distances = try trueDistances(network, pixels, labels)
      #expect(certificates.samples.contains { $0.radiusL2 != nil })
      for (certificate, distance) in zip(certificates.samples, distances) {
        guard let radius = certificate.radiusL2, let linf = certificate.radiusLinf else {
          #expect(certificate.prediction != certificate.label || distance < 1e-6)
          continue
        }
        #expect(radius <= distance && radius >= distance * (1 - 1e-9) - 1e-12, "seed \(seed): \(radius) of \(distance)")
        #expect(linf <= radius / 12.0.squareRoot() && linf >= radius / 12.0.squareRoot() * (1 - 1e-12))
      }
    }
  }

  /// The radius of a halved bound is too large, and an attack inside it finds the truth: that is how a wrong bound is
  /// caught.
  @Test func anAttackRefutesAHalvedBound() throws {
    let network = try linear(seed: 3)
    let (pixels, labels) = try samples(network, count: 60, seed: 3)
    let bound = try network.lipschitzBound()
    for (factor, isSound) in [(1.0, true), (0.5, false)] {
      let certificates = try certify(network, bound: bound.scaled(by: factor), pixels: pixels, labels: labels)
      let flipped = try flips(network, pixels, certificates, within: 0.9)
      #expect(certificates.samples.contains { ($0.radiusL2 ?? 0) > 0.01 })
      #expect((flipped == 0) == isSound, "\(flipped) flips at \(factor) of the bound")
    }
  }

  /// Gradient attacks inside the certified ball of residual networks, in single precision, find nothing.
  @Test(arguments: [CertificateBasis.realArithmetic, .singlePrecision])
  func attacksInsideTheBallFail(_ basis: CertificateBasis) throws {
    var certified = 0
    for seed in 0..<8 {
      let network = try residualNetwork(width: 2, depth: 1, input: [1, 8, 8], classes: 3, seed: seed, branchScale: 0.2)
      let (pixels, labels) = try samples(network, count: 32, seed: seed)
      let bound = try network.lipschitzBound()
      let certificates = try certify(network, bound: bound, pixels: pixels, labels: labels, basis: basis, batchSize: 10)
      certified += certificates.samples.filter { ($0.radiusL2 ?? 0) > 0 }.count
      #expect(certificates.basis == basis && certificates.samples.count == 32)
      #expect(try flips(network, pixels, certificates, within: 1) == 0, "seed \(seed)")
    }
    #expect(certified > 100)
  }

  /// The bound on the computation's own rounding costs little, and covers what single precision really does.
  @Test func singlePrecisionIsCovered() throws {
    for seed in 0..<8 {
      let network = try residualNetwork(width: 4, depth: 1, input: [3, 8, 8], seed: seed, branchScale: 0.2)
      let exact = try network.mappingTensors { try $0.to(.float64) }
      let (pixels, labels) = try samples(network, count: 16, seed: seed)
      let bound = try network.lipschitzBound()
      let real = try certify(network, bound: bound, pixels: pixels, labels: labels)
      let single = try certify(network, bound: bound, pixels: pixels, labels: labels, basis: .singlePrecision)
      var state = try ForwardError(pixels: pixels.to(.float64))
      try state.pass(exact.body, bound.body, basis: .singlePrecision)
      let errors = try sampleNorms(network.features(pixels).to(.float64) - exact.features(pixels.to(.float64)))
      #expect(zip(errors, try state.single.doubles()).allSatisfy { $0 <= $1 && $0 > 1e-6 * $1 }, "seed \(seed)")
      #expect(try state.double.max().item() < 1e-6 * state.single.max().item())
      for (tight, safe) in zip(real.samples, single.samples) {
        guard let tight = tight.radiusL2, let safe = safe.radiusL2 else { continue }
        #expect(safe <= tight && safe >= 0.95 * tight - 1e-4, "seed \(seed): \(safe) of \(tight)")
      }
    }
  }

  @Test func theRadiusIsComparedWithTheExactFraction() throws {
    // The double nearest to 1/10 is above it, that nearest to 3/10 below.
    func certificate(_ radius: Double) -> Certificate {
      Certificate(label: 0, prediction: 0, margin: 1, radiusL2: radius, radiusLinf: radius)
    }
    #expect(certificate(0.1).certifies(try Rational("1/10"), norm: .l2))
    #expect(!certificate(0.1.nextDown).certifies(try Rational("1/10"), norm: .l2))
    #expect(!certificate(0.3).certifies(try Rational("3/10"), norm: .linf))
    #expect(certificate(0.3.nextUp).certifies(try Rational("3/10"), norm: .linf))
    #expect(certificate(0.5).certifies(try Rational("1/2"), norm: .l1))
    let wrong = Certificate(label: 0, prediction: 1, margin: nil, radiusL2: nil, radiusLinf: nil)
    #expect(!wrong.certifies(.zero, norm: .l2))
  }

  @Test func refusals() throws {
    let network = try linear(seed: 1)
    let bound = try network.lipschitzBound()
    let pixels = try Tensor.zeros([2, 3, 2, 2])
    #expect(throws: LipschitzError.self) { try certify(network, bound: bound, pixels: pixels, labels: [0]) }
    #expect(throws: LipschitzError.self) { try certify(network, bound: bound, pixels: pixels, labels: [0, 9]) }
    #expect(throws: LipschitzError.self) {
      try certify(linear(seed: 2), bound: bound, pixels: pixels, labels: [0, 1])
    }
    #expect(throws: LipschitzError.self) {
      let half = try network.mappingTensors { try $0.to(.bfloat16) }
      _ = try certify(half, bound: half.lipschitzBound(), pixels: pixels, labels: [0, 1], basis: .singlePrecision)
    }
    #expect(try certify(network, bound: bound, pixels: .zeros([0, 3, 2, 2]), labels: []).samples.isEmpty)
  }

  @Test func theStrongestBasisIsTaken() throws {
    let network = try linear(seed: 1)
    let bound = try network.lipschitzBound()
    let pixels = try Tensor.uniform([5, 3, 2, 2], RandomStream(seed: 4))
    let labels = try network.logits(pixels).argmax(1).integers()
    var asked: [Range<Int>] = []
    let strongest = try certifyStrongest(network, bound: bound, labels: labels, batchSize: 2) { places in
      asked.append(places)
      return try pixels.narrowed(0, from: places.lowerBound, count: places.count)
    }
    #expect(asked == [0..<2, 2..<4, 4..<5])
    let single = try certify(
      network, bound: bound, pixels: pixels, labels: labels, basis: .singlePrecision, batchSize: 2)
    #expect(strongest == single && strongest.basis == .singlePrecision)

    // Half precision has no bound of its rounding: what is left is the function that the weights define.
    let half = try network.mappingTensors { try $0.to(.bfloat16) }
    let halfPixels = try pixels.to(.bfloat16)
    let weaker = try certifyStrongest(half, bound: half.lipschitzBound(), labels: labels) {
      try halfPixels.narrowed(0, from: $0.lowerBound, count: $0.count)
    }
    #expect(weaker.basis == .realArithmetic && weaker.samples.count == 5)
    #expect(throws: LipschitzError.self, "five images where two were asked for") {
      try certifyStrongest(network, bound: bound, labels: labels, batchSize: 2) { _ in pixels }
    }
  }

  // MARK: - Networks, samples and attacks

  private func linear(seed: Int) throws -> DeployedNetwork {
    let stream = RandomStream(seed: UInt64(seed)).stream("linear")
    return linearClassifier(
      try Tensor.normal([4, 12], stream.stream("w")), try Tensor.normal([4], stream.stream("b")) * 0.3,
      input: [3, 2, 2])
  }

  /// Random pixels, labelled as the network sees them but for every fifth.
  private func samples(_ network: DeployedNetwork, count: Int, seed: Int) throws -> (Tensor, [Int]) {
    let pixels = try Tensor.uniform([count] + network.inputShape, RandomStream(seed: UInt64(seed)).stream("pixels"))
    let predictions = try network.logits(pixels).argmax(1).integers()
    return (pixels, predictions.enumerated().map { $0 % 5 == 4 ? ($1 + 1) % network.classCount : $1 })
  }

  private func trueDistances(_ network: DeployedNetwork, _ pixels: Tensor, _ labels: [Int]) throws -> [Double] {
    let weight = try network.headWeight.to(.float64)
    let logits = try pixels.to(.float64).flattened().linear(weight, network.headBias.to(.float64))
    let (z, w) = (try logits.doubles(), try weight.doubles())
    let (classes, inputs) = (network.classCount, weight.size(1))
    return labels.enumerated().map { sample, label in
      (0..<classes).filter { $0 != label }.map { rival in
        let gap = z[sample * classes + label] - z[sample * classes + rival]
        let norm = (0..<inputs).map { pow(w[label * inputs + $0] - w[rival * inputs + $0], 2) }.reduce(0, +)
          .squareRoot()
        return gap / norm
      }.min() ?? .infinity
    }
  }

  /// How many certified samples an L2 gradient attack changes within `fraction` of their radius: for each rival class,
  /// steps along the gradient of z_rival − z_label, to the sphere.
  private func flips(
    _ network: DeployedNetwork, _ pixels: Tensor, _ certificates: Certificates, within fraction: Double
  ) throws -> Int {
    let count = certificates.samples.count
    let radii = try Tensor(certificates.samples.map { ($0.radiusL2 ?? 0) * fraction }, [count, 1])
    let labels = certificates.samples.map(\.label)
    var flipped = Set<Int>()
    for shift in 1..<network.classCount {
      var signs = [Double](repeating: 0, count: count * network.classCount)
      for (sample, label) in labels.enumerated() {
        signs[sample * network.classCount + label] = -1
        signs[sample * network.classCount + (label + shift) % network.classCount] = 1
      }
      let seed = try Tensor(signs, [count, network.classCount]).to(.float32)
      var x = pixels
      for _ in 0..<5 {
        let leaf = try x.asLeaf()
        let gradient = try #require(try gradients(of: network.logits(leaf), seed: seed, withRespectTo: [leaf])[0])
        let flat = try gradient.to(.float64).flattened()
        let step = try flat / (flat.norm(2, [1], keepingDimensions: true) + 1e-30) * radii
        x = try (pixels.to(.float64).flattened() + step).reshaped(pixels.shape).to(.float32)
        let predictions = try network.logits(x).argmax(1).integers()
        for (sample, certificate) in certificates.samples.enumerated()
        where certificate.radiusL2 != nil && predictions[sample] != labels[sample] { flipped.insert(sample) }
      }
    }
    return flipped.count
  }
}
