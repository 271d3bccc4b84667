import RandomStreams
import Results
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct SquareTests {
  init() throws { try useOneThread() }

  /// On two linear classes the smallest margin in the ball and the box is at a corner, and its value is a sum over
  /// pixels: Square finds an adversarial exactly where that value is negative.
  @Test func onLinearNetworksSucceedsExactlyWhereACornerIsAdversarial() throws {
    for seed in UInt64(0)..<2 {
      let (_, weight, bias) = try randomLinearNetwork(classes: 2, dimensions: 16, seed: seed)
      let network = try linearImageNetwork(weight, bias, height: 4, width: 4)
      let pixels = try images(24, [1, 4, 4], seed: seed)
      let labels = try ownLabels(network, pixels)
      let values = try pixels.doubles()
      func smallestMargin(_ sample: Int, _ epsilon: Double) -> Double {
        let (own, other) = (labels[sample], 1 - labels[sample])
        return (0..<16).reduce(bias[own] - bias[other]) { sum, pixel in
          let slope = weight[own][pixel] - weight[other][pixel]
          let value = values[16 * sample + pixel]
          return sum + slope * (slope > 0 ? max(value - epsilon, 0) : min(value + epsilon, 1))
        }
      }
      let margins = (0..<24).map { smallestMargin($0, 0.1) }
      let result = try Square(queries: 500).perturb(
        network, pixels: pixels, labels: labels, within: ball(.linf, "1/10"), streams: sampleStreams(24, seed: seed))
      for sample in 0..<24 where abs(margins[sample]) > 1e-3 {
        #expect(result.success[sample] == (margins[sample] < 0), "seed \(seed), sample \(sample)")
      }
      #expect(result.success.contains(true) && result.success.contains(false), "seed \(seed) shows one side only")
      // What withstood was brought to its corner all the same.
      let left = try network.logits(result.adversarial).doubles()
      for sample in 0..<24 where !result.success[sample] {
        let margin = left[2 * sample + labels[sample]] - left[2 * sample + 1 - labels[sample]]
        #expect(abs(margin - margins[sample]) < 1e-3, "seed \(seed), sample \(sample)")
      }
    }
  }

  /// Against torchattacks on the same images: see Tools/oracles/square.py. Paired over images, ours falls short by no
  /// more than chance.
  @Test(arguments: [(PerturbationNorm.linf, "0.012", "square_linf"), (.l2, "0.16", "square_l2")])
  func foolsAsManyAsTheReference(_ norm: PerturbationNorm, _ size: String, _ name: String) throws {
    let golden = try fixture("black-box.safetensors")
    let network = try goldenNetwork(fixture("attacks.safetensors"))
    let reference = try golden.tensor(name).doubles().map { $0 / 6 }
    let (runs, count) = (3, reference.count)
    let pixels = try Tensor.concatenated((0..<runs).map { _ in try golden.tensor("images") })
    let labels = try golden.tensor("labels").integers()
    let result = try Square(queries: 200).perturb(
      network, pixels: pixels, labels: (0..<runs).flatMap { _ in labels }, within: ball(norm, size),
      streams: sampleStreams(runs * count, seed: 17))
    let differences = reference.indices.map { image in
      Double((0..<runs).count { result.success[$0 * count + image] }) / Double(runs) - reference[image]
    }
    let (mean, error) = meanAndError(differences)
    #expect(mean > -2 * error, "\(norm): \(mean) ± \(error) below \(reference.reduce(0, +) / Double(count))")
    #expect(result.success.contains(true) && result.success.contains(false))
  }

  @Test func bumpsAreThoseOfTheReference() throws {
    let golden = try fixture("black-box.safetensors")
    for side in [1, 2, 3, 5, 6, 7] {
      let expected = try golden.tensor("bump_\(side)")
      #expect(try (SquareBump(side: side).values() - expected).abs().max().item() < 1e-6, "side \(side)")
    }
  }

  @Test func theScheduleIsThatOfThePaperStretchedToTheBudget() {
    let full = Square(queries: 10_000)
    for (query, halvings) in [(0, 0), (10, 0), (11, 1), (51, 2), (201, 3), (1000, 4), (1001, 5), (8000, 8), (8001, 9)] {
      #expect(full.share(at: query) == 0.8 / Double(1 << halvings), "query \(query)")
    }
    #expect(Square(queries: 5000).share(at: 6) == 0.4)
    #expect(Square(queries: 5000).share(at: 5) == 0.8)
  }

  /// The windows of many draws cover every place where they fit, equally often, with `side` pixels squared each.
  @Test func windowsLieWhereTheyFit() throws {
    let images = try Tensor.zeros([600, 1, 4, 5])
    let draws = (0..<600).map { RandomStream(seed: 3).stream($0) }
    let mask = try SquareWindows(side: 2, first: true, draws, like: images).mask()
    #expect(try mask.sum([1, 2, 3]).equal(4).allTrue())
    // 3×4 places; a corner belongs to one of them, a pixel in the middle to four.
    let share = try mask.mean([0]).doubles()
    for (pixel, places) in [(0, 1.0), (4, 1), (19, 1), (15, 1), (7, 4), (12, 4)] {
      #expect(abs(share[pixel] - places / 12) < 0.06, "pixel \(pixel)")
    }
    let bump = try SquareWindows(side: 2, first: true, draws, like: images).bumps(isTurned: draws.map { _ in true })
    #expect(try (bump.norm(2, [1, 2, 3]) - 1).abs().max().item() < 1e-6)
    #expect(try (bump.abs().greater(0).to(.float32) - mask).abs().max().item() == 0)
  }

  @Test func resultsLieInBallAndBoxAndKeepTheBudget() throws {
    let network = try convolutionalNetwork(seed: 4)
    let pixels = try images(10, seed: 54)
    let labels = try ownLabels(network, pixels)
    for (norm, size) in [(PerturbationNorm.linf, "4/255"), (.l2, "0.3")] {
      for budget in [2, 3, 11, 60] {
        let ball = try ball(norm, size)
        let result = try Square(queries: budget).perturb(
          network, pixels: pixels, labels: labels, within: ball, streams: sampleStreams(10))
        let lengths = try plainDistances(norm, result.adversarial, pixels)
        #expect(lengths.allSatisfy { $0 <= ball.radius })
        #expect(zip(lengths, result.distances).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(try result.adversarial.min().item() >= 0 && result.adversarial.max().item() <= 1)
        #expect(zip(try ownLabels(network, result.adversarial), labels).map { $0 != $1 } == result.success)
        for sample in 0..<10 {
          #expect(result.success[sample] ? result.queries[sample] <= budget : result.queries[sample] == budget - 1)
        }
        #expect(result.gradients == GradientStatistics())
      }
    }
  }

  @Test func aSampleIsAttackedAsIfItWereAlone() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(7, seed: 12)
    let labels = try ownLabels(network, pixels)
    let streams = sampleStreams(7)
    let order = RandomStream(seed: 4).permutation(7)
    let index = try Tensor(indices: order)
    for (norm, size) in [(PerturbationNorm.linf, "2/255"), (.l2, "0.15")] {
      let attack = Square(queries: 40)
      let run = { (places: [Int], streams: [RandomStream]) in
        try attack.perturb(
          network, pixels: pixels.selecting(0, Tensor(indices: places)), labels: places.map { labels[$0] },
          within: ball(norm, size), streams: places.map { streams[$0] })
      }
      let plain = try run(Array(0..<7), streams)
      #expect(try run(Array(0..<7), streams).adversarial.host().bytes == plain.adversarial.host().bytes)
      #expect(
        try run(Array(0..<7), sampleStreams(7, seed: 6)).adversarial.host().bytes != plain.adversarial.host().bytes)
      let permuted = try run(order, streams)
      #expect(
        permuted.success == order.map { plain.success[$0] } && permuted.queries == order.map { plain.queries[$0] })
      #expect(try (plain.adversarial.selecting(0, index) - permuted.adversarial).abs().max().item() < 1e-6)
      for sample in [0, 3] {
        let alone = try run([sample], streams)
        #expect(alone.queries[0] == plain.queries[sample])
        #expect(
          try (alone.adversarial - plain.adversarial.narrowed(0, from: sample, count: 1)).abs().max().item() < 1e-6)
      }
    }
  }

  @Test func targetsAreReachedOrNothingIsClaimed() throws {
    let network = try convolutionalNetwork(seed: 2)
    let pixels = try images(8, seed: 6)
    let labels = try ownLabels(network, pixels)
    let targets = labels.map { ($0 + 1) % 4 }
    let result = try Square(queries: 150).perturb(
      network, pixels: pixels, labels: labels, within: ball(.linf, "1/10"), goal: .targets(targets),
      streams: sampleStreams(8))
    #expect(result.success.contains(true))
    for sample in 0..<8 { #expect(result.success[sample] == (result.predictions[sample] == targets[sample])) }
  }

  @Test func whereThereIsNothingToFindNothingIsSpent() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(3, seed: 1)
    let labels = try ownLabels(network, pixels)
    let attack = Square(queries: 20)
    let one = try convolutionalNetwork(classes: 1)
    for norm in [PerturbationNorm.linf, .l2] {
      let empty = try attack.perturb(network, pixels: .zeros([0, 3, 8, 8]), labels: [], within: ball(norm, "1/10"))
      #expect(empty.count == 0 && empty.adversarial.shape == [0, 3, 8, 8])
      let never = try attack.perturb(
        one, pixels: pixels, labels: [0, 0, 0], within: ball(norm, "1/2"), streams: sampleStreams(3))
      #expect(never.success == [false, false, false] && never.queries == [0, 0, 0])
      let none = try attack.perturb(
        network, pixels: pixels, labels: labels, within: ball(norm, "0"), streams: sampleStreams(3))
      #expect(none.queries == [0, 0, 0] && none.distances == [0, 0, 0])
      #expect(try none.adversarial.equal(pixels).allTrue())
      // Images of one row, smaller than any window of the paper.
      let thin = try linearNetwork([[1, 2, 0], [0, 0, 1]], [0, 0])
      let row = try Tensor.full(0.5, [1, 1, 1, 3])
      let large = try attack.perturb(thin, pixels: row, labels: [0], within: ball(norm, "1"), streams: sampleStreams(1))
      #expect(large.success == [true])
    }
  }

  @Test func settingsThatMakeNoSenseAreRefused() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(2, seed: 1)
    let labels = try ownLabels(network, pixels)
    for attack in [
      Square(queries: 1), Square(queries: 5000, share: 0), Square(queries: 5000, share: 1.5),
      Square(queries: 5000, share: .nan),
    ] {
      #expect(throws: RobustnessError.self) {
        try attack.perturb(
          network, pixels: pixels, labels: labels, within: ball(.linf, "1/10"), streams: sampleStreams(2))
      }
    }
    #expect(throws: RobustnessError.unsupportedNorm(attack: "Square", norm: .l1)) {
      try Square(queries: 5000).perturb(
        network, pixels: pixels, labels: labels, within: ball(.l1, "1"), streams: sampleStreams(2))
    }
    #expect(throws: RobustnessError.unequalCounts(what: "random streams", found: 0, expected: 2)) {
      try Square(queries: 5000).perturb(network, pixels: pixels, labels: labels, within: ball(.linf, "1/10"))
    }
  }
}
