import ResidualNets
import Results
import Testing
import TorchCore

@testable import Robustness

/// Every row with a case that passes, one that fails, and one that does not apply.
@TorchActor @Suite struct AuditTests {
  init() throws { try useOneThread() }

  private func outcomes(_ correct: Int, of n: Int) -> [Bool] { (0..<n).map { $0 < correct } }

  @Test func iterativeIsStronger() throws {
    let single = outcomes(120, of: 200)
    #expect(try Audit.iterativeIsStronger(singleStep: single, iterative: outcomes(80, of: 200)).verdict == .pass)
    // Overall the iterative attack is stronger, but twenty samples fall to the single step alone.
    var twisted = outcomes(60, of: 200)
    for sample in 180..<200 { twisted[sample] = true }
    let failed = try Audit.iterativeIsStronger(singleStep: single, iterative: twisted, context: "L∞ 8/255")
    #expect(failed.verdict == .fail && failed.detail.contains("20 of 200") && failed.detail.contains("L∞ 8/255"))
    #expect(try Audit.iterativeIsStronger(singleStep: [], iterative: []).verdict == .notApplicable)
    #expect(throws: RobustnessError.self) { try Audit.iterativeIsStronger(singleStep: [true], iterative: []) }
  }

  @Test func accuracyFalls() throws {
    func curve(_ counts: Int...) throws -> [(epsilon: Rational, correct: [Bool])] {
      try counts.enumerated().map { (try Rational($0.offset + 1, over: 255), outcomes($0.element, of: 500)) }
    }
    #expect(try Audit.accuracyFalls(curve(400, 300, 300, 10)).verdict == .pass)
    // A rise of two samples is within the tolerance, one of forty is not, wherever in the curve it stands.
    #expect(try Audit.accuracyFalls(curve(400, 300, 302, 10)).verdict == .pass)
    let failed = try Audit.accuracyFalls(curve(400, 300, 340, 10))
    #expect(failed.verdict == .fail && failed.detail.contains("8.0 points"))
    #expect(try Audit.accuracyFalls(curve(400)).verdict == .notApplicable)
  }

  @Test func halfBallIsAtChance() throws {
    #expect(Audit.halfBallIsAtChance(correct: outcomes(0, of: 100), labels: [], classes: 10).verdict == .pass)
    #expect(Audit.halfBallIsAtChance(correct: outcomes(11, of: 100), labels: [], classes: 10).verdict == .pass)
    #expect(Audit.halfBallIsAtChance(correct: outcomes(40, of: 100), labels: [], classes: 10).verdict == .fail)
    #expect(Audit.halfBallIsAtChance(correct: outcomes(40, of: 100), labels: [], classes: 2).verdict == .pass)
    #expect(Audit.halfBallIsAtChance(correct: outcomes(4, of: 4), labels: [], classes: 1).verdict == .notApplicable)
    // One label for all is right on the commonest class: 90 of 100 are no sign of robustness here.
    let skewed = Array(repeating: 0, count: 90) + Array(repeating: 1, count: 10)
    #expect(Audit.halfBallIsAtChance(correct: outcomes(90, of: 100), labels: skewed, classes: 2).verdict == .pass)
    #expect(Audit.halfBallIsAtChance(correct: outcomes(99, of: 100), labels: skewed, classes: 2).verdict == .fail)
    #expect(Audit.halfBallIsAtChance(correct: [], labels: [], classes: 3).verdict == .notApplicable)
  }

  @Test func noiseIsWeaker() throws {
    let attack = outcomes(30, of: 300)
    #expect(try Audit.noiseIsWeaker(noise: outcomes(280, of: 300), attack: attack).verdict == .pass)
    #expect(try Audit.noiseIsWeaker(noise: outcomes(0, of: 300), attack: attack).verdict == .fail)
    #expect(try Audit.noiseIsWeaker(noise: [], attack: []).verdict == .notApplicable)
  }

  @Test func doublingChangesLittle() throws {
    let correct = outcomes(300, of: 1000)
    #expect(try Audit.doublingChangesLittle(correct: correct, doubled: outcomes(297, of: 1000)).verdict == .pass)
    #expect(try Audit.doublingChangesLittle(correct: correct, doubled: outcomes(240, of: 1000)).verdict == .fail)
    #expect(try Audit.doublingChangesLittle(correct: [], doubled: []).verdict == .notApplicable)
  }

  @Test func curveReachesZero() {
    #expect(Audit.curveReachesZero(correct: outcomes(0, of: 40), predictions: [0, 1], classes: 2).verdict == .pass)
    #expect(Audit.curveReachesZero(correct: outcomes(1, of: 40), predictions: [0, 1], classes: 2).verdict == .pass)
    let failed = Audit.curveReachesZero(
      correct: outcomes(8, of: 40), predictions: [0, 1], classes: 2, context: "L∞ 1")
    #expect(failed.verdict == .fail && failed.detail == "L∞ 1: accuracy 20.0 % on 40 samples")
    #expect(
      Audit.curveReachesZero(correct: outcomes(4, of: 4), predictions: [0, 1], classes: 1).verdict == .notApplicable)
    #expect(Audit.curveReachesZero(correct: [], predictions: [0, 1], classes: 2).verdict == .notApplicable)
    let collapsed = Audit.curveReachesZero(correct: outcomes(40, of: 40), predictions: [1, 1], classes: 2)
    #expect(collapsed.verdict == .notApplicable && collapsed.detail.contains("second label"))
  }

  @Test func restartsChangeLittle() throws {
    let correct = outcomes(20, of: 40)
    #expect(try Audit.restartsChangeLittle(correct: correct, restarted: outcomes(19, of: 40)).verdict == .pass)
    #expect(try Audit.restartsChangeLittle(correct: correct, restarted: outcomes(12, of: 40)).verdict == .fail)
    #expect(try Audit.restartsChangeLittle(correct: [], restarted: []).verdict == .notApplicable)
    #expect(throws: RobustnessError.self) { try Audit.restartsChangeLittle(correct: [true], restarted: []) }
  }

  @Test func stepSizesChangeLittle() throws {
    let correct = outcomes(20, of: 40)
    func row(_ counts: Int...) throws -> AuditRow {
      try Audit.stepSizesChangeLittle(correct: correct, sweep: counts.map { ("α = \($0)", outcomes($0, of: 40)) })
    }
    #expect(try row(20, 19).verdict == .pass)
    #expect(try row(20, 39).verdict == .pass, "a step size that finds less is no weakness")
    let failed = try row(20, 12)
    #expect(failed.verdict == .fail && failed.detail.contains("30.0 % with α = 12"))
    #expect(try row().verdict == .notApplicable)
    #expect(try Audit.stepSizesChangeLittle(correct: [], sweep: [("α", [])]).verdict == .notApplicable)
    #expect(throws: RobustnessError.self) { try Audit.stepSizesChangeLittle(correct: [true], sweep: [("α", [])]) }
  }

  /// The three that hold an attack against one that should find no more.
  @Test func rivalsAreWeaker() throws {
    let attack = outcomes(30, of: 100)
    for row in [
      { try Audit.blackBoxIsWeaker(blackBox: $0, whiteBox: $1) },
      { try Audit.transferIsWeaker(transferred: $0, whiteBox: $1) },
      { try Audit.targetedFindsNoMore(targeted: $0, untargeted: $1) },
    ] as [([Bool], [Bool]) throws -> AuditRow] {
      #expect(try row(outcomes(60, of: 100), attack).verdict == .pass)
      #expect(try row(outcomes(29, of: 100), attack).verdict == .pass, "one sample may be chance")
      let failed = try row(outcomes(20, of: 100), attack)
      #expect(failed.verdict == .fail && failed.detail.contains("10 of 100 samples"), "\(failed)")
      #expect(try row([], []).verdict == .notApplicable)
      #expect(throws: RobustnessError.self) { try row([true], []) }
    }
  }

  @Test func singleStepSeesItsParts() throws {
    let whole = outcomes(80, of: 100)
    #expect(try Audit.singleStepSeesItsParts(whole: whole, parts: outcomes(70, of: 100)).verdict == .pass)
    let failed = try Audit.singleStepSeesItsParts(whole: whole, parts: outcomes(30, of: 100))
    #expect(failed.verdict == .fail && failed.detail.contains("50 of 100"))
    // What falls to the whole step has nothing to hide.
    #expect(try Audit.singleStepSeesItsParts(whole: outcomes(0, of: 9), parts: outcomes(0, of: 9)).verdict == .pass)
    #expect(try Audit.singleStepSeesItsParts(whole: [], parts: []).verdict == .notApplicable)
  }

  @Test func plantedIsFound() throws {
    func row(_ found: Int, of n: Int, unplanted: Int = 0) throws -> AuditRow {
      try Audit.plantedIsFound(found: outcomes(found, of: n), byChance: outcomes(1, of: n), unplanted: unplanted)
    }
    #expect(try row(25, of: 25).verdict == .pass)
    #expect(try row(22, of: 25).verdict == .pass, "95 % is within the limits of chance")
    #expect(try row(20, of: 25).verdict == .fail)
    #expect(try row(940, of: 1000).verdict == .pass && row(920, of: 1000).verdict == .fail)
    #expect(try row(3, of: 3, unplanted: 2).detail.contains("nothing could be planted in 2"))
    #expect(try row(0, of: 0, unplanted: 7).verdict == .notApplicable)
    #expect(throws: RobustnessError.self) { try Audit.plantedIsFound(found: [true], byChance: []) }
  }

  /// Logits scaled by 1e4: softmax saturates, and the cross-entropy's gradient is exactly zero in fp32.
  @Test func maskedGradientsAreFound() throws {
    let pixels = try images(20, seed: 2)
    func row(_ network: DeployedNetwork) throws -> AuditRow {
      let labels = try ownLabels(network, pixels)
      let result = try FGSM().perturb(network, pixels: pixels, labels: labels, within: ball(.linf, "8/255"))
      return Audit.gradientsAreUsable(result.gradients, classes: 4)
    }
    #expect(try row(convolutionalNetwork()).verdict == .pass)
    let failed = try row(convolutionalNetwork(gain: 1e4))
    #expect(failed.verdict == .fail, "\(failed.detail)")
    // The margin does not saturate: the same network falls to it.
    let masked = try convolutionalNetwork(gain: 1e4)
    let labels = try ownLabels(masked, pixels)
    let fooled = try [AttackLoss.crossEntropy, .logitMargin].map { loss in
      try PGD(steps: 8, starts: [.clean], loss: loss).perturb(
        masked, pixels: pixels, labels: labels, within: ball(.linf, "8/255")
      ).success.count { $0 }
    }
    #expect(fooled[1] > fooled[0])
    #expect(Audit.gradientsAreUsable(.init(samples: 9, nonFinite: 1), classes: 4).verdict == .fail)
    #expect(Audit.gradientsAreUsable(.init(samples: 9, zero: 9), classes: 1).verdict == .notApplicable)
    #expect(Audit.gradientsAreUsable(.init(), classes: 4).verdict == .notApplicable)
  }

  @Test func probabilitiesAreNotLogits() throws {
    let logits = try convolutionalNetwork().logits(images(6, seed: 2))
    #expect(try Audit.outputsAreLogits(logits).verdict == .pass)
    #expect(try Audit.outputsAreLogits(logits.softmax(1)).verdict == .fail)
    #expect(try Audit.outputsAreLogits(logits.narrowed(0, from: 0, count: 0)).verdict == .notApplicable)
  }

  @Test func forwardRepeats() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(6, seed: 2)
    #expect(try Audit.forwardRepeats(network, pixels).verdict == .pass)
    // One bit of one logit, every second time.
    var calls = 0
    let failed = try Audit.forwardRepeats(pixels) { pixels in
      calls += 1
      var logits = try network.logits(pixels).floats()
      if calls == 2 { logits[5] = logits[5].nextUp }
      return try Tensor(logits, [6, 4])
    }
    #expect(failed.verdict == .fail && failed.detail.contains("1 of 6"))
    // NaN is not equal to itself, but its bits are.
    #expect(try Audit.forwardRepeats(pixels) { _ in try Tensor.full(.nan, [6, 4]) }.verdict == .pass)
    #expect(try Audit.forwardRepeats(network, .zeros([0, 3, 8, 8])).verdict == .notApplicable)
  }

  @Test func certificatesHold() throws {
    let honest = bracket(radii: [0.1, nil, 0.2], distances: [0.3, 0.05, nil])
    #expect(try Audit.certificatesHold(honest).verdict == .pass)
    let wrong = bracket(radii: [0.1, 0.4], distances: [0.3, 0.39])
    let failed = try Audit.certificatesHold(wrong)
    #expect(failed.verdict == .fail && failed.detail.contains("image 1"))
    #expect(try Audit.certificatesHold(bracket(radii: [nil], distances: [1])).verdict == .notApplicable)
  }

  /// Newcombe 1998 (paired data), method 10: 36, 12, 2 and 0 of 50 give 0.2 with 0.0569 to 0.3404.
  @Test func pairedIntervalAsPublished() {
    let difference = PairedDifference(both: 36, firstOnly: 12, secondOnly: 2, neither: 0)
    #expect(abs(difference.value - 0.2) < 1e-12)
    #expect(abs(difference.interval.low - 0.0569) < 1e-4 && abs(difference.interval.high - 0.3404) < 1e-4)
    // Rates that always agree differ by nothing, and surely by little.
    let same = PairedDifference(both: 60, firstOnly: 0, secondOnly: 0, neither: 40)
    #expect(same.value == 0 && abs(same.interval.low + same.interval.high) < 1e-12 && same.interval.high < 0.03)
  }
}
