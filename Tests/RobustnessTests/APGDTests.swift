import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct APGDTests {
  init() throws { try useOneThread() }

  private let sizes: [(PerturbationNorm, String)] = [(.linf, "2/255"), (.l2, "0.08"), (.l1, "0.8")]

  /// Three losses, one with targets, short enough for a test.
  private func attacks(steps: Int = 12, restarts: Int = 1) -> [APGD] {
    [
      APGD(steps: steps, restarts: restarts), APGD(loss: .dlr, steps: steps, restarts: restarts),
      .targeted(steps: steps, restarts: restarts),
    ]
  }

  private func deployed(seed: UInt64, count: Int, classes: Int = 4) throws -> (DeployedNetwork, Tensor, [Int]) {
    let network = try convolutionalNetwork(classes: classes, seed: seed)
    let pixels = try images(count, seed: seed + 70)
    return (network, pixels, try ownLabels(network, pixels))
  }

  @Test func checkpointsAreThoseOfThePaper() {
    #expect(MomentumSteps.checkpoints(steps: 100) == [22, 41, 57, 70, 80, 87, 93, 99])
    #expect(MomentumSteps.checkpoints(steps: 10) == [2, 3, 4, 5, 6, 7, 8, 9, 10])
    #expect(MomentumSteps.checkpoints(steps: 1) == [1])
    #expect(SparseSteps.checkpoints(steps: 100) == Array(stride(from: 4, through: 100, by: 4)))
    #expect(SparseSteps.checkpoints(steps: 3) == [1, 2, 3])
  }

  /// The nearest point of another class lies at min_j (z_y − z_j)/‖w_y − w_j‖ in the dual norm: just beyond it a climb
  /// toward every class succeeds, just short of it nothing can.
  @Test(arguments: [2, 3, 5])
  func onLinearNetworksSucceedsExactlyBeyondTheBoundary(_ classes: Int) throws {
    var judged = 0
    for seed in UInt64(0)..<8 {
      let (network, weight, _) = try randomLinearNetwork(classes: classes, dimensions: 12, seed: seed)
      let pixels = try images(1, [1, 1, 12], seed: seed) * 0.2 + 0.4
      let label = try ownLabels(network, pixels)[0]
      let logits = try network.logits(pixels).doubles()
      for norm in PerturbationNorm.allCases {
        let distance =
          (0..<classes).filter { $0 != label }.map { other in
            let difference = zip(weight[label], weight[other]).map { abs($0 - $1) }
            let dual =
              switch norm {
              case .linf: difference.reduce(0, +)
              case .l2: difference.reduce(0) { $0 + $1 * $1 }.squareRoot()
              case .l1: difference.max() ?? 0
              }
            return (logits[label] - logits[other]) / dual
          }.min() ?? 0
        // Farther than this the box may be in the way. In L1 the climb may end at two pixels where one is best.
        guard distance < (norm == .linf ? 0.35 : norm == .l2 ? 0.25 : 0.18) else { continue }
        for (factor, falls) in [(norm == .l1 ? 2.2 : 1.002, true), (0.998, false)] {
          let size = try Rational(Int(distance * factor * 1e9), over: 1_000_000_000)
          let result = try APGD.targeted(steps: 60).perturb(
            network, pixels: pixels, labels: [label], within: .init(norm, size), streams: sampleStreams(1, seed: seed))
          #expect(result.success[0] == falls, "\(classes) classes, seed \(seed), \(norm), \(factor)")
          judged += 1
        }
      }
    }
    #expect(judged >= 10, "too few cases show anything")
  }

  @Test func resultsLieInBallAndBoxAndAreJudgedTruly() throws {
    for seed in UInt64(0)..<2 {
      let (network, pixels, labels) = try deployed(seed: seed, count: 8)
      for (norm, size) in sizes {
        for attack in attacks(restarts: 2) {
          let ball = try ball(norm, size)
          let result = try attack.perturb(
            network, pixels: pixels, labels: labels, within: ball, streams: sampleStreams(8, seed: seed))
          let lengths = try plainDistances(norm, result.adversarial, pixels)
          #expect(lengths.allSatisfy { $0 <= ball.radius }, "seed \(seed) \(norm) \(attack.name)")
          #expect(try result.adversarial.min().item() >= 0 && result.adversarial.max().item() <= 1)
          let predictions = try ownLabels(network, result.adversarial)
          #expect(predictions == result.predictions)
          #expect(zip(predictions, labels).map { $0 != $1 } == result.success)
        }
      }
    }
  }

  @Test func sameSeedSameBytesAndAnotherSeedOthers() throws {
    let (network, pixels, labels) = try deployed(seed: 1, count: 4)
    for (norm, _) in sizes {
      let bytes = try [7, 7, 8].map { seed in
        try APGD(steps: 3).perturb(
          network, pixels: pixels, labels: labels, within: ball(norm, "1/500"), streams: sampleStreams(4, seed: seed)
        ).adversarial.host().bytes
      }
      #expect(bytes[0] == bytes[1])
      // From every start the climb in L∞ and L1 may end in the same corner.
      if norm == .l2 { #expect(bytes[0] != bytes[2]) }
    }
  }

  /// A sample's result is its own: another order of the batch, or no neighbours, change it by roundings at most.
  @Test func neighboursDoNotMatter() throws {
    let (network, pixels, labels) = try deployed(seed: 2, count: 8)
    let streams = sampleStreams(8)
    let order = RandomStream(seed: 4).permutation(8)
    for (norm, size) in sizes {
      // Some samples fall on the way, so that the others are packed anew.
      for attack in attacks(steps: 10, restarts: 2) {
        let ball = try ball(norm, size)
        let plain = try attack.perturb(network, pixels: pixels, labels: labels, within: ball, streams: streams)
        for rows in [order, [3], [6, 1]] {
          let index = try Tensor(indices: rows)
          let other = try attack.perturb(
            network, pixels: pixels.selecting(0, index), labels: rows.map { labels[$0] }, within: ball,
            streams: rows.map { streams[$0] })
          #expect(other.success == rows.map { plain.success[$0] }, "\(norm) \(attack.name)")
          #expect(
            try (plain.adversarial.selecting(0, index) - other.adversarial).abs().max().item() < 1e-5,
            "\(norm) \(attack.name)")
        }
      }
    }
  }

  /// At an equal budget, from random starts, over seeds.
  @Test func foolsAtLeastAsManyAsPGD() throws {
    for (norm, size) in [(PerturbationNorm.linf, "1/64"), (.l2, "1/6"), (.l1, "3/2")] {
      var lead = 0
      var fallen = 0
      for seed in UInt64(0)..<4 {
        let (network, pixels, labels) = try deployed(seed: seed, count: 24)
        let batch = try AttackBatch(network, pixels: pixels, labels: labels, streams: sampleStreams(24, seed: seed))
        let auto = try APGD(steps: 20).perturb(batch, within: ball(norm, size), carrying: nil)
        let plain = try PGD(steps: 20, starts: [.random]).perturb(batch, within: ball(norm, size), carrying: nil)
        lead += auto.success.count { $0 } - plain.success.count { $0 }
        fallen += auto.success.count { $0 }
      }
      #expect(lead >= 0, "\(norm): \(lead) of 96")
      #expect((8...88).contains(fallen), "\(norm): \(fallen) of 96 tells nothing")
    }
  }

  @Test func startsAreAsLargeAsTheBall() throws {
    let pixels = try Tensor.full(0.5, [50, 1, 8, 8])
    for (norm, size) in [(PerturbationNorm.linf, 0.1), (.l2, 1.0), (.l1, 4.0)] {
      let set = try FeasibleSet(norm, around: pixels, radii: Array(repeating: size, count: 50))
      let starts = try APGD.randomStarts(in: set, sampleStreams(50))
      #expect(try plainDistances(norm, starts, pixels).allSatisfy { $0 <= size && $0 > size * 0.999 })
      let shifts = try (starts - pixels).doubles()
      let others = try APGD.randomStarts(in: set, sampleStreams(50, seed: 6))
      #expect(try (starts - others).abs().max().item() > 0.01)
      #expect(abs(shifts.reduce(0, +)) < 5 * (shifts.reduce(0) { $0 + $1 * $1 }).squareRoot())
    }
  }

  @Test func gradientsAreCountedAsDocumented() throws {
    let (network, pixels, labels) = try deployed(seed: 1, count: 4)
    for (norm, _) in sizes {
      for (attack, climbs) in [(APGD(steps: 7), 1), (APGD(steps: 7, restarts: 2), 2), (.targeted(steps: 7), 3)] {
        // Nothing falls at so small a size.
        let result = try attack.perturb(
          network, pixels: pixels, labels: labels, within: ball(norm, "1e-6"), streams: sampleStreams(4))
        #expect(result.success == [false, false, false, false])
        // In L1 three balls, but for so few steps that the larger ones get no more than (7 − 1)/2 each.
        #expect(result.gradients == GradientStatistics(samples: 4, evaluations: 4 * 7 * climbs), "\(norm)")
        #expect(result.queries == Array(repeating: (7 + (norm == .l1 ? 3 : 1)) * climbs, count: 4))
      }
    }
  }

  @Test func namesAndNotes() {
    #expect(attacks().map(\.name) == ["apgd-ce", "apgd-dlr", "apgd-t"])
    #expect(APGD(loss: .dlr, steps: 100).settings(classes: 2).contains("DLR needs three classes"))
    #expect(APGD.targeted(steps: 100).settings(classes: 3).contains("targeted DLR needs four classes"))
    #expect(APGD.targeted(steps: 100).settings(classes: 4).contains("toward the 3 likeliest"))
    #expect(!APGD.targeted(steps: 100).settings(classes: 4).contains("needs"))
  }

  /// Few classes, no radius, no images, a constant network: defined answers.
  @Test func degenerateCases() throws {
    for (norm, size) in sizes {
      for attack in attacks(steps: 5) {
        for classes in 1...3 {
          let (network, pixels, labels) = try deployed(seed: 5, count: 3, classes: classes)
          let streams = sampleStreams(3)
          let result = try attack.perturb(
            network, pixels: pixels, labels: labels, within: ball(norm, size), streams: streams)
          if classes == 1 { #expect(result.success == [false, false, false]) }
          let none = try attack.perturb(
            network, pixels: pixels, labels: labels, within: ball(norm, "0"), streams: streams)
          #expect(none.success == [false, false, false])
          #expect(try none.adversarial.host().bytes == pixels.channelsLast().host().bytes, "\(norm) \(attack.name)")
        }
        let constant = try linearNetwork(Array(repeating: Array(repeating: 0, count: 6), count: 4), [1, 0, 0, 0])
        let flat = try attack.perturb(
          constant, pixels: images(2, [1, 1, 6], seed: 1), labels: [0, 0], within: ball(norm, size),
          streams: sampleStreams(2))
        #expect(flat.success == [false, false] && flat.gradients.zero == 2)
        let empty = try attack.perturb(
          constant, pixels: Tensor.zeros([0, 1, 1, 6]), labels: [], within: ball(norm, size))
        #expect(empty.count == 0)
      }
    }
  }

  /// Logits beyond fp32: a gradient that is not finite is counted, and no point becomes NaN.
  @Test func overflowingNetworksAreCounted() throws {
    let weight = [[3e38, -3e38, 3e38, -3e38], [-3e38, 3e38, -3e38, 3e38], [0, 0, 0, 0], [0, 0, 0, 0]]
    let network = try linearNetwork(weight, [0, 0, 0, 0])
    let pixels = try Tensor([0.5, 0.5, 0.5, 0.5] as [Float], [1, 1, 1, 4])
    let label = try ownLabels(network, pixels)
    for (norm, _) in sizes {
      for attack in attacks(steps: 5) {
        let result = try attack.perturb(
          network, pixels: pixels, labels: label, within: ball(norm, "1/10"), streams: sampleStreams(1))
        #expect(try result.adversarial.isFinite().allTrue())
        #expect(try plainDistances(norm, result.adversarial, pixels)[0] <= 0.1)
      }
    }
  }

  /// Where the goal names targets, those are climbed toward, whatever `targets` says.
  @Test func reachesNamedTargets() throws {
    let (network, pixels, labels) = try deployed(seed: 3, count: 8)
    let goal = AttackGoal.targets(labels.map { ($0 + 1) % 4 })
    for attack in attacks(steps: 20) {
      let result = try attack.perturb(
        network, pixels: pixels, labels: labels, within: ball(.linf, "1/8"), goal: goal, streams: sampleStreams(8))
      #expect(result.success == Array(repeating: true, count: 8), "\(attack.name)")
      #expect(result.predictions == labels.map { ($0 + 1) % 4 })
    }
  }

  @Test func settingsThatMakeNoSenseAreRefused() throws {
    let (network, pixels, labels) = try deployed(seed: 1, count: 2)
    for attack in [APGD(steps: 0), APGD(steps: 100, restarts: 0), APGD(steps: 100, targets: -1)] {
      #expect(throws: RobustnessError.self) {
        try attack.perturb(
          network, pixels: pixels, labels: labels, within: ball(.linf, "1/10"), streams: sampleStreams(2))
      }
    }
    #expect(throws: RobustnessError.unequalCounts(what: "random streams", found: 0, expected: 2)) {
      try APGD(steps: 100).perturb(network, pixels: pixels, labels: labels, within: ball(.linf, "1e-6"))
    }
  }
}
