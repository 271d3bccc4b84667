import RandomStreams
import Results
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct PGDTests {
  init() throws { try useOneThread() }

  /// The nearest point of another class lies at min_j (z_y − z_j)/‖w_y − w_j‖: just beyond it PGD succeeds, just short
  /// of it nothing can.
  @Test func onLinearNetworksSucceedsExactlyBeyondTheBoundary() throws {
    for seed in UInt64(0)..<12 {
      let (network, weight, _) = try randomLinearNetwork(classes: 2, dimensions: 12, seed: seed)
      let pixels = try images(1, [1, 1, 12], seed: seed) * 0.2 + 0.4
      let label = try ownLabels(network, pixels)[0]
      let logits = try network.logits(pixels).doubles()
      let margin = logits[label] - logits[1 - label]
      let difference = zip(weight[0], weight[1]).map { abs($0 - $1) }
      for (norm, dual) in [
        (PerturbationNorm.linf, difference.reduce(0, +)),
        (.l2, difference.reduce(0) { $0 + $1 * $1 }.squareRoot()),
      ] {
        let distance = margin / dual
        guard distance < 0.1 else { continue }
        for (factor, falls) in [(1.002, true), (0.998, false)] {
          let size = try Rational(Int(distance * factor * 1e9), over: 1_000_000_000)
          let result = try PGD(steps: 20, starts: [.clean]).perturb(
            network, pixels: pixels, labels: [label], within: .init(norm, size))
          #expect(result.success[0] == falls, "seed \(seed) \(norm) \(factor)")
        }
      }
    }
  }

  @Test func noSampleWithstandsThatFGSMFools() throws {
    for seed in UInt64(0)..<8 {
      let network = try convolutionalNetwork(seed: seed)
      let pixels = try images(24, seed: seed + 100)
      let labels = try ownLabels(network, pixels)
      for (norm, size) in [(PerturbationNorm.linf, "3/255"), (.l2, "1/8")] {
        let batch = try AttackBatch(network, pixels: pixels, labels: labels, streams: sampleStreams(24))
        let single = try FGSM().perturb(batch, within: ball(norm, size), carrying: nil)
        // Few and tiny steps, so that nothing but the start makes it so.
        let pgd = PGD(steps: 2, restarts: 2, stepSize: .relative(factor: 1e-3))
        let iterative = try pgd.perturb(batch, within: ball(norm, size), carrying: nil)
        for sample in 0..<24 where single.success[sample] { #expect(iterative.success[sample], "seed \(seed)") }
      }
    }
  }

  @Test func resultsLieInBallAndBoxAndAreJudgedTruly() throws {
    for seed in UInt64(0)..<6 {
      let network = try convolutionalNetwork(seed: seed)
      let pixels = try images(10, seed: seed + 50)
      let labels = try ownLabels(network, pixels)
      for (norm, size) in [(PerturbationNorm.linf, "4/255"), (.l2, "0.15")] {
        for loss in AttackLoss.allCases {
          let ball = try ball(norm, size)
          let result = try PGD(steps: 6, restarts: 2, loss: loss).perturb(
            network, pixels: pixels, labels: labels, within: ball, streams: sampleStreams(10, seed: seed))
          let lengths = try plainDistances(norm, result.adversarial, pixels)
          #expect(lengths.allSatisfy { $0 <= ball.radius }, "seed \(seed) \(norm) \(loss)")
          #expect(zip(lengths, result.distances).allSatisfy { abs($0 - $1) < 1e-12 })
          #expect(try result.adversarial.min().item() >= 0 && result.adversarial.max().item() <= 1)
          let predictions = try ownLabels(network, result.adversarial)
          #expect(predictions == result.predictions)
          #expect(zip(predictions, labels).map { $0 != $1 } == result.success)
        }
      }
    }
  }

  @Test func sameSeedSameBytesAndAnotherSeedOthers() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(8, seed: 1)
    let labels = try ownLabels(network, pixels)
    let attack = PGD(steps: 5, starts: [.random])
    for norm in [PerturbationNorm.linf, .l2] {
      let bytes = try [7, 7, 8].map { seed in
        try attack.perturb(
          network, pixels: pixels, labels: labels, within: ball(norm, "1/500"), streams: sampleStreams(8, seed: seed)
        ).adversarial.host().bytes
      }
      #expect(bytes[0] == bytes[1])
      #expect(bytes[0] != bytes[2])
    }
  }

  /// A sample's result is its own: another order of the batch, or other neighbours, change it by roundings at most.
  @Test func theOrderOfTheBatchDoesNotMatter() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(9, seed: 12)
    let labels = try ownLabels(network, pixels)
    let streams = sampleStreams(9)
    let order = RandomStream(seed: 4).permutation(9)
    let index = try Tensor(indices: order)
    for (norm, size) in [(PerturbationNorm.linf, "2/255"), (.l2, "0.08")] {
      for attack in [PGD(steps: 6, restarts: 2), EqualNormNoise(draws: 2)] as [any Attack] {
        let plain = try attack.perturb(
          network, pixels: pixels, labels: labels, within: ball(norm, size), streams: streams)
        let permuted = try attack.perturb(
          network, pixels: pixels.selecting(0, index), labels: order.map { labels[$0] }, within: ball(norm, size),
          streams: order.map { streams[$0] })
        #expect(permuted.success == order.map { plain.success[$0] })
        #expect(try (plain.adversarial.selecting(0, index) - permuted.adversarial).abs().max().item() < 1e-6)
      }
    }
  }

  @Test func envelopeCarriesAdversarialsAlongAndRawDoesNot() throws {
    let network = try convolutionalNetwork(seed: 3)
    let pixels = try images(16, seed: 9)
    let labels = try ownLabels(network, pixels)
    let sizes = try ["1/255", "2/255", "4/255", "8/255"].map { try Rational($0) }
    let batch = try AttackBatch(network, pixels: pixels, labels: labels)
    let attack = PGD(steps: 5)
    let raw = try attack.curve(batch, .linf, sizes)
    let envelope = try attack.curve(batch, .linf, sizes, form: .envelope)
    for (size, (alone, joined)) in zip(sizes, zip(raw, envelope)) {
      // Single searches need not find more in a larger ball, so the two may differ by an image that is on the edge.
      #expect(abs(alone.success.count { $0 } - joined.success.count { $0 }) <= 1)
      let verdict = try Judgement(network, joined.adversarial, labels: labels)
      #expect(verdict.reached == joined.success && verdict.predictions == joined.predictions)
      #expect(try distances(.linf, joined.adversarial, from: pixels).allSatisfy { $0 <= size.value })
    }
    var carried = 0
    for (smaller, larger) in zip(envelope, envelope.dropFirst()) {
      for sample in 0..<16 where smaller.success[sample] {
        carried += 1
        #expect(larger.success[sample] && larger.distances[sample] == smaller.distances[sample])
      }
    }
    // Four sizes take three searches an image at most.
    #expect(envelope[0].gradients.evaluations <= 16 * 3 * 5)
    #expect(carried > 0, "the case shows nothing where nothing falls")
    for (size, result) in zip(sizes, raw) {
      let single = try attack.perturb(batch, within: .init(.linf, size), carrying: nil)
      #expect(try single.adversarial.host().bytes == result.adversarial.host().bytes)
    }
    #expect(throws: RobustnessError.self) { try attack.curve(batch, .linf, sizes.reversed()) }
  }

  @Test func gradientsAreCountedAsDocumented() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(4, seed: 1)
    let labels = try ownLabels(network, pixels)
    for starts in [[PGD.Start.singleStep], [.clean], [.random], [.singleStep, .random]] {
      // Nothing falls at so small a size, so every restart runs to its end.
      let result = try PGD(steps: 7, starts: starts).perturb(
        network, pixels: pixels, labels: labels, within: ball(.linf, "1e-6"), streams: sampleStreams(4))
      #expect(result.success == [false, false, false, false])
      #expect(result.gradients == GradientStatistics(samples: 4, evaluations: 4 * 7 * starts.count))
    }
  }

  @Test func randomStartsFillTheBall() throws {
    let network = try convolutionalNetwork(channels: 1)
    let pixels = try Tensor.full(0.5, [200, 1, 8, 8])
    let labels = try ownLabels(network, pixels)
    // A step this small leaves the start where it was.
    let attack = PGD(steps: 1, stepSize: .absolute(try Rational("1e-9")), starts: [.random])
    let linf = try attack.perturb(
      network, pixels: pixels, labels: labels, within: ball(.linf, "1/1000"), streams: sampleStreams(200))
    let shifts = try (linf.adversarial - pixels).doubles().map { $0 * 1000 }
    #expect(abs(shifts.reduce(0, +) / Double(shifts.count)) < 0.02)
    // The variance of a uniform on [−1, 1] is 1/3.
    #expect(abs(shifts.reduce(0) { $0 + $1 * $1 } / Double(shifts.count) - 1 / 3) < 0.02)
    let l2 = try attack.perturb(
      network, pixels: pixels, labels: labels, within: ball(.l2, "1/100"), streams: sampleStreams(200))
    // The mean radius of a uniform point of a d-ball is d/(d + 1).
    let mean = try plainDistances(.l2, l2.adversarial, pixels).reduce(0, +) / 200 * 100
    #expect(abs(mean - 64.0 / 65) < 0.005)
  }

  @Test func settingsThatMakeNoSenseAreRefused() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(2, seed: 1)
    let labels = try ownLabels(network, pixels)
    for attack in [
      PGD(steps: 0), PGD(steps: 5, restarts: 0), PGD(steps: 5, stepSize: .relative(factor: 0)),
      PGD(steps: 5, stepSize: .perSteps(factor: .nan)),
    ] {
      #expect(throws: RobustnessError.self) {
        try attack.perturb(network, pixels: pixels, labels: labels, within: ball(.linf, "1/10"))
      }
    }
    #expect(throws: RobustnessError.unequalCounts(what: "random streams", found: 0, expected: 2)) {
      try PGD(steps: 20, starts: [.random]).perturb(
        network, pixels: pixels, labels: labels, within: ball(.linf, "1e-6"))
    }
  }
}
