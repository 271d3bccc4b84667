import Foundation
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Robustness

/// Two classes z = ±(w·x + b)/2 under Gaussian noise, where everything is known: p = Φ(m/(σ‖w‖)), and the smoothed
/// classifier's true radius is m/‖w‖, m = |w·x + b|.
@TorchActor @Suite struct LinearSmoothingTests {
  init() throws { try useOneThread() }

  private struct Truth {
    let network: DeployedNetwork
    let pixels: Tensor
    let labels: [Int]
    /// m/‖w‖ by image, in double precision.
    let radii: [Double]
  }

  /// Random images, and a boundary that passes at most 3σ away from each.
  private func truth(_ count: Int, dimensions: Int, sigma: Double, seed: UInt64) throws -> Truth {
    let stream = RandomStream(seed: seed)
    let half = try Tensor.normal([dimensions], stream.stream("weight")).doubles()
    let pixels = try images(count, [1, 1, dimensions], seed: seed)
    let rows = try pixels.doubles()
    let offset = -half.reduce(0, +) / 2
    let network = try linearNetwork([half, half.map { -$0 }], [offset, -offset])
    // What the network holds, in single precision.
    let (w, b) = try (network.headWeight.doubles(), network.headBias.doubles())
    let norm = (0..<dimensions).reduce(0) { $0 + w[$1] * w[$1] }.squareRoot()
    let margins = (0..<count).map { row in
      (0..<dimensions).reduce(b[0]) { $0 + w[$1] * rows[row * dimensions + $1] }
    }
    return Truth(
      network: network, pixels: pixels, labels: margins.map { $0 > 0 ? 0 : 1 }, radii: margins.map { abs($0) / norm })
  }

  private func certify(_ truth: Truth, _ smoothing: RandomizedSmoothing, seed: UInt64) throws -> SmoothedCertificates {
    try smoothing.certify(
      truth.network, labels: truth.labels, indices: Array(truth.labels.indices), stream: RandomStream(seed: seed)
    ) { try truth.pixels.narrowed(0, from: $0.lowerBound, count: $0.count) }
  }

  /// Of 400 images at α = 5 % at most 20 are expected above the truth, and 38 are four deviations off; and since the
  /// limits are exact, some are. Selection is an independent draw, so it costs nothing.
  @Test(arguments: [1, 2] as [UInt64]) func radiiExceedTheTruthNoMoreOftenThanAlpha(seed: UInt64) throws {
    let truth = try truth(400, dimensions: 3, sigma: 0.5, seed: seed)
    let smoothing = RandomizedSmoothing(
      sigma: 0.5, selectionDraws: 20, estimationDraws: 400, alpha: 0.05, batchSize: 400)
    let found = try certify(truth, smoothing, seed: seed)
    let certified = found.samples.indices.filter { found.samples[$0].prediction != nil }
    let wrong = certified.filter { sample in
      let certificate = found.samples[sample]
      return !certificate.isCorrect || (certificate.radiusL2 ?? 0) > truth.radii[sample]
    }
    #expect(certified.count > 200, "seed \(seed): \(certified.count) of 400")
    #expect((2...38).contains(wrong.count), "seed \(seed): \(wrong.count) of \(certified.count)")
  }

  @Test func radiiApproachTheTruth() throws {
    let truth = try truth(12, dimensions: 4, sigma: 0.25, seed: 5)
    let smoothing = RandomizedSmoothing(sigma: 0.25, selectionDraws: 200, estimationDraws: 20_000, batchSize: 4_000)
    let found = try certify(truth, smoothing, seed: 9)
    var compared = 0
    for (certificate, radius) in zip(found.samples, truth.radii) where radius > 0.1 && radius < 0.6 {
      let proven = try #require(certificate.radiusL2)
      #expect(certificate.isCorrect && proven <= radius && proven > radius - 0.05, "\(proven) of \(radius)")
      // p = Φ(r/σ), and its limit lies a few deviations below.
      let p = 1 - erfc(radius / 0.25 / 2.0.squareRoot()) / 2
      let deviation = (p * (1 - p) / 20_000).squareRoot()
      #expect(certificate.probabilityLower < p && certificate.probabilityLower > p - 8 * deviation - 1e-3)
      compared += 1
    }
    #expect(compared >= 5)
  }

  @Test func predictionsAreRightWhereTheyAreMade() throws {
    let truth = try truth(200, dimensions: 3, sigma: 0.5, seed: 3)
    let smoothing = RandomizedSmoothing(sigma: 0.5, estimationDraws: 200, alpha: 0.05, batchSize: 200)
    let found = try smoothing.predict(
      truth.network, indices: Array(truth.labels.indices), stream: RandomStream(seed: 2)
    ) { try truth.pixels.narrowed(0, from: $0.lowerBound, count: $0.count) }
    let made = found.indices.filter { found[$0] != nil }
    let wrong = made.filter { found[$0] != truth.labels[$0] }
    #expect(made.count > 100 && made.count < 200, "\(made.count)")
    // At most half of α falls on the wrong side of an image right on the boundary; 10 are expected at the very most.
    #expect(wrong.count <= 10, "\(wrong.count)")
    // The nearest to the boundary are those that it abstains on.
    let abstained = found.indices.filter { found[$0] == nil }.map { truth.radii[$0] }
    #expect(try #require(abstained.max()) < 0.3)
  }
}
