import Foundation
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct SmoothingTests {
  init() throws { try useOneThread() }

  /// Logits by a function of the pixels, for classifiers that no layers make.
  private struct Scripted: Classifier {
    let inputShape = [1, 2, 2]
    let classCount: Int
    let device = Device.cpu
    let answer: (Tensor) throws -> Tensor

    func logits(_ pixels: Tensor) throws -> Tensor { try answer(pixels) }
  }

  private func certify(
    _ network: any Classifier, _ pixels: Tensor, _ smoothing: RandomizedSmoothing, labels: [Int]? = nil,
    indices: [Int]? = nil, seed: UInt64 = 1, progress: (Int) -> Void = { _ in }, stopIfAsked: () throws -> Void = {}
  ) throws -> SmoothedCertificates {
    let count = pixels.size(0)
    return try smoothing.certify(
      network, labels: labels ?? Array(repeating: 0, count: count), indices: indices ?? Array(0..<count),
      stream: RandomStream(seed: seed),
      pixels: { try pixels.narrowed(0, from: $0.lowerBound, count: $0.count) }, progress: progress,
      stopIfAsked: stopIfAsked)
  }

  private func bytes(_ certificates: SmoothedCertificates) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(certificates.samples)
  }

  @Test func doesNotDependOnHowDrawsArePacked() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(5, seed: 3)
    let labels = try ownLabels(network, pixels)
    var smoothing = RandomizedSmoothing(sigma: 0.1, selectionDraws: 30, estimationDraws: 210, alpha: 0.05)
    let first = try certify(network, pixels, smoothing, labels: labels)
    #expect(first.samples.contains { $0.radiusL2 != nil })
    for size in [1, 7, 64, 1_000] {
      smoothing.batchSize = size
      #expect(try certify(network, pixels, smoothing, labels: labels).samples == first.samples, "\(size)")
    }
    let reversed = try certify(
      network, pixels.flipped([0]), smoothing, labels: labels.reversed(), indices: (0..<5).reversed())
    #expect(reversed.samples.reversed() == first.samples)
    #expect(try certify(network, pixels, smoothing, labels: labels, indices: [5, 6, 7, 8, 9]).samples != first.samples)
  }

  @Test func sameSeedSameBytes() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(4, seed: 3)
    let smoothing = RandomizedSmoothing(sigma: 0.3, selectionDraws: 10, estimationDraws: 100, alpha: 0.05)
    let first = try bytes(certify(network, pixels, smoothing))
    #expect(try bytes(certify(network, pixels, smoothing)) == first)
    #expect(try bytes(certify(network, pixels, smoothing, seed: 2)) != first)
    let stored = try JSONDecoder().decode([SmoothedCertificate].self, from: first)
    #expect(stored == (try certify(network, pixels, smoothing).samples))
  }

  /// The noise itself: of deviation σ in every pixel, around the image, new in every draw, not clipped.
  @Test func noiseIsGaussian() throws {
    var seen: [Tensor] = []
    let network = Scripted(classCount: 2) { pixels in
      seen.append(pixels)
      return try Tensor.zeros([pixels.size(0), 2])
    }
    let image = try Tensor([Float(0), 0.25, 0.5, 1], [1, 1, 2, 2])
    _ = try certify(
      network, image, RandomizedSmoothing(sigma: 0.5, selectionDraws: 1, estimationDraws: 4_000, batchSize: 1_000))
    #expect(seen.map { $0.size(0) } == [1, 1_000, 1_000, 1_000, 1_000])
    let noise = try (Tensor.concatenated(Array(seen.dropFirst())) - image).flattened().to(.float64)
    let means = try noise.mean([0]).doubles()
    let squares = try (noise * noise).mean([0]).doubles()
    #expect(means.allSatisfy { abs($0) < 4 * 0.5 / 63 }, "\(means)")
    #expect(squares.allSatisfy { abs($0 / 0.25 - 1) < 4 * 2.0.squareRoot() / 63 }, "\(squares)")
    let products = try (noise.narrowed(1, from: 0, count: 1) * noise.narrowed(1, from: 1, count: 1)).mean().item()
    #expect(abs(products) < 4 * 0.25 / 63)
    // Single precision has room for some 10⁷ values here, so that hardly any two are equal.
    #expect(Set(try noise.narrowed(1, from: 0, count: 1).doubles()).count > 3_990)
  }

  @Test func definedAnswersAtTheEdges() throws {
    let pixels = try images(2, [1, 2, 2], seed: 1)
    let constant = Scripted(classCount: 3) { pixels in
      try Tensor.zeros([pixels.size(0), 3]) + Tensor([Float(0), 1, 0], [3])
    }
    // One draw says next to nothing: its limit is α.
    let single = try certify(constant, pixels, .init(sigma: 1, selectionDraws: 1, estimationDraws: 1)).samples[0]
    #expect(single.prediction == nil && single.radiusL2 == nil && abs(single.probabilityLower - 0.001) < 1e-8)
    // All of n: p = α^(1/n), and the smallest σ scales the radius and nothing else.
    for sigma in [1e-300, 1e-30, 1, 1e6] {
      let smoothing = RandomizedSmoothing(sigma: sigma, selectionDraws: 5, estimationDraws: 200)
      let found = try certify(constant, pixels, smoothing, labels: [1, 0]).samples
      #expect(found.map(\.prediction) == [1, 1] && found.map(\.isCorrect) == [true, false])
      #expect(abs(found[0].probabilityLower - pow(0.001, 1.0 / 200)) < 1e-7)
      let radius = try #require(found[0].radiusL2)
      #expect(abs(radius / sigma - 1.825681562382006) < 1e-6, "\(radius)")
      #expect(try !found[1].certifies(Rational("0"), norm: .l2))
    }
    // One class is always right.
    let one = Scripted(classCount: 1) { try Tensor.zeros([$0.size(0), 1]) }
    #expect(try certify(one, pixels, .init(sigma: 1, estimationDraws: 100)).samples.allSatisfy { $0.prediction == 0 })
    // Logits that are no numbers vote for nobody, and infinite ones neither.
    for value in [Double.nan, .infinity] {
      let broken = Scripted(classCount: 2) { try Tensor.full(value, [$0.size(0), 2]) }
      let found = try certify(broken, pixels, .init(sigma: 1, estimationDraws: 100)).samples
      #expect(found.allSatisfy { $0.prediction == nil && $0.probabilityLower == 0 && $0.radiusL2 == nil })
      let indices = [0, 1]
      let predictions = try RandomizedSmoothing(sigma: 1, estimationDraws: 50).predict(
        broken, indices: indices, stream: RandomStream(seed: 1)
      ) { try pixels.narrowed(0, from: $0.lowerBound, count: 1) }
      #expect(predictions == [nil, nil])
    }
    // A coin: no class has more than half.
    let coin = Scripted(classCount: 2) { pixels in
      let sum = try (pixels - 0.5).sum([1, 2, 3]).reshaped([-1, 1])
      return try Tensor.concatenated([sum, sum.negated()], 1)
    }
    let grey = try Tensor.full(0.5, [3, 1, 2, 2])
    let tossed = try certify(coin, grey, .init(sigma: 1, estimationDraws: 1_000))
    #expect(tossed.abstentions == 3 && tossed.samples.allSatisfy { $0.probabilityLower > 0.4 })
    #expect(try certify(constant, pixels.narrowed(0, from: 0, count: 0), .init(sigma: 1)).samples.isEmpty)
  }

  @Test func certifiedAccuracyFallsWithTheRadius() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(12, seed: 4)
    var labels = try ownLabels(network, pixels)
    labels[0] = (labels[0] + 1) % 4
    let found = try certify(
      network, pixels, .init(sigma: 0.1, selectionDraws: 10, estimationDraws: 200, alpha: 0.01), labels: labels)
    let radii = try ["1/5", "0", "1/10", "1/1000", "1"].map { try Rational($0) }
    for norm in PerturbationNorm.allCases {
      let curve = found.curve(radii, norm: norm)
      let counts = try curve.map { try #require($0.counts) }
      #expect(curve.map(\.epsilon) == radii.sorted() && counts.allSatisfy { $0.n == 12 })
      #expect(zip(counts, counts.dropFirst()).allSatisfy { $0.correct >= $1.correct })
      #expect(counts[0].correct == found.samples.count { $0.isCorrect } && counts[0].correct < 12)
      #expect(counts[0].correct > 0 && counts[4].correct == 0)
      #expect(counts[0].interval == Intervals.wilson(successes: counts[0].correct, n: 12))
    }
    // At its own radius an image is certified, one step further it is not; and a third is no double.
    let sample = try #require(found.samples.first { $0.isCorrect })
    let radius = try #require(sample.radiusL2)
    let steps = Int(radius * 0x1p40)
    #expect(try sample.certifies(Rational(steps, over: 1 << 40), norm: .l2))
    #expect(try !sample.certifies(Rational(steps + 1, over: 1 << 40), norm: .l2))
    let ratio = try #require(sample.radiusLinf) / radius
    #expect(abs(ratio - 1 / 192.0.squareRoot()) < 1e-12)
  }

  @Test func progressAndCancellation() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(3, seed: 3)
    let smoothing = RandomizedSmoothing(sigma: 0.3, selectionDraws: 10, estimationDraws: 40, batchSize: 10)
    var done: [Int] = []
    _ = try certify(network, pixels, smoothing, progress: { done.append($0) })
    #expect(done == [1, 2, 3])
    // An image takes five batches: the seventh question falls into the second image.
    var asked = 0
    done = []
    #expect(throws: CancellationError.self) {
      try certify(
        network, pixels, smoothing, progress: { done.append($0) },
        stopIfAsked: {
          asked += 1
          if asked == 7 { throw CancellationError() }
        })
    }
    #expect(asked == 7 && done == [1])
  }

  @Test func refusals() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(1, seed: 3)
    for smoothing in [
      RandomizedSmoothing(sigma: 0), .init(sigma: -1), .init(sigma: .nan), .init(sigma: .infinity),
      .init(sigma: 1, selectionDraws: 0), .init(sigma: 1, estimationDraws: 0),
      .init(sigma: 1, estimationDraws: 1_000_000_001), .init(sigma: 1, alpha: 0), .init(sigma: 1, alpha: 1),
      .init(sigma: 1, alpha: .nan), .init(sigma: 1, batchSize: 0),
    ] {
      #expect(throws: RobustnessError.self) { try certify(network, pixels, smoothing) }
    }
    let smoothing = RandomizedSmoothing(sigma: 1, selectionDraws: 1, estimationDraws: 1)
    #expect(throws: RobustnessError.self) { try certify(network, pixels + 1, smoothing) }
    #expect(throws: RobustnessError.self) { try certify(network, pixels.to(.float64), smoothing) }
    #expect(throws: RobustnessError.self) { try certify(network, images(1, [3, 4, 4], seed: 1), smoothing) }
    #expect(throws: RobustnessError.self) { try certify(network, pixels, smoothing, labels: [4]) }
    #expect(throws: RobustnessError.self) { try certify(network, pixels, smoothing, indices: [0, 1]) }
  }
}
