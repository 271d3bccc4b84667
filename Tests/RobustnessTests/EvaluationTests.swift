import RandomStreams
import Results
import TensorFiles
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct EvaluationTests {
  init() throws { try useOneThread() }

  private func sizes(_ texts: String...) throws -> [Rational] { try texts.map { try Rational($0) } }

  private func plan(batchSize: Int = 4, kept: Set<Int> = []) throws -> EvaluationPlan {
    EvaluationPlan(
      attacks: [
        PlannedAttack(FGSM(), .linf, try sizes("8/255", "1/255", "0.0313725", "8/255")),
        PlannedAttack(PGD(steps: 4, restarts: 2), .linf, try sizes("1/255", "8/255"), form: .envelope),
        PlannedAttack(EqualNormNoise(), .l2, try sizes("1/4")),
      ], batchSize: batchSize, kept: kept)
  }

  private func run(
    _ pixels: Tensor, _ labels: [Int], _ indices: [Int], _ plan: EvaluationPlan, seed: UInt64 = 11
  ) throws -> EvaluationOutcome {
    try Evaluation(convolutionalNetwork(), plan, stream: RandomStream(seed: seed)).run(
      labels: labels, indices: indices, pixels: { try pixels.narrowed(0, from: $0.lowerBound, count: $0.count) })
  }

  @Test func outcomesAreThoseOfTheAttacksOnTheSameBatches() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(10, seed: 3)
    var labels = try ownLabels(network, pixels)
    labels[7] = (labels[7] + 2) % 4
    let indices = (0..<10).map { 1000 + 3 * $0 }
    let outcome = try run(pixels, labels, indices, plan())
    #expect(outcome.cleanCorrect == (0..<10).map { $0 != 7 } && outcome.clean == Tally(correct: 9, n: 10))
    // The list is sorted and each size counts once; a decimal so close to 8/255 is another size.
    #expect(outcome.attacks.map(\.attack) == ["fgsm", "fgsm", "fgsm", "pgd", "pgd", "noise"])
    #expect(outcome.attacks.allSatisfy { $0.correct.count == 10 && !$0.correct[7] })
    var success: [Bool] = []
    for start in stride(from: 0, to: 10, by: 4) {
      let places = start..<min(start + 4, 10)
      let batch = try AttackBatch(
        network, pixels: pixels.narrowed(0, from: start, count: places.count), labels: Array(labels[places]),
        streams: places.map { RandomStream(seed: 11).stream(indices[$0]) })
      success += try PGD(steps: 4, restarts: 2).curve(batch, .linf, sizes("1/255", "8/255"), form: .envelope)[1].success
    }
    #expect(outcome.attacks[4].correct == success.map { !$0 })
    let worst = try #require(outcome.worstCase(.linf, try Rational("8/255")))
    for image in 0..<10 {
      #expect(worst[image] == (outcome.attacks[2].correct[image] && outcome.attacks[4].correct[image]))
    }
    #expect(outcome.worstCase(.l1, try Rational("1")) == nil)
    let check = try ConsistencyCheck(
      clean: outcome.cleanCorrect, attacks: [SampleOutcomes("pgd", outcome.attacks[4].correct)], worst: worst)
    #expect(check.holds)
  }

  @Test func repeatsBitForBitAndFollowsTheImagesOwnIndex() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(8, seed: 3)
    let labels = try ownLabels(network, pixels)
    let indices = Array(0..<8)
    let plan = EvaluationPlan(
      attacks: [PlannedAttack(EqualNormNoise(), .linf, try sizes("1/50"))], batchSize: 4, kept: Set(0..<8))
    let first = try run(pixels, labels, indices, plan)
    let second = try run(pixels, labels, indices, plan)
    #expect(first.attacks == second.attacks)
    #expect(first.kept.map(\.adversarial.bytes) == second.kept.map(\.adversarial.bytes))
    // In reverse order the same image draws the same noise.
    let reversed = try run(pixels.flipped([0]), labels.reversed(), indices.reversed(), plan)
    #expect(reversed.kept.reversed().map(\.adversarial.bytes) == first.kept.map(\.adversarial.bytes))
    let shifted = try run(pixels, labels, indices.map { $0 + 1 }, plan)
    #expect(shifted.kept[0].adversarial.bytes != first.kept[0].adversarial.bytes)
  }

  @Test func keepsTheImagesThatWereAskedFor() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(6, seed: 3)
    let labels = try ownLabels(network, pixels)
    let outcome = try run(pixels, labels, Array(0..<6), plan(kept: [1, 5]))
    #expect(outcome.kept.count == 2 * 6 && Set(outcome.kept.map(\.place)) == [1, 5])
    for kept in outcome.kept {
      let clean = try pixels.narrowed(0, from: kept.place, count: 1)
      #expect(try kept.clean.values(as: Float.self) == clean.floats())
      let scored = try network.logits(Tensor(kept.adversarial).reshaped([1, 3, 8, 8])).argmax(1).integers()[0]
      #expect(scored == kept.prediction && kept.success == (scored != kept.label))
    }
  }

  /// Each clean image is there once, whatever is made of it.
  @Test func whatIsKeptOfAnImageSharesItsCleanForm() throws {
    let pixels = try images(6, seed: 3)
    let outcome = try run(pixels, ownLabels(convolutionalNetwork(), pixels), Array(0..<6), plan(kept: [1, 5]))
    let places = Dictionary(grouping: outcome.kept, by: \.place).mapValues { kept in
      Set(kept.map { $0.clean.bytes.withUnsafeBytes { $0.baseAddress } })
    }
    #expect(places.count == 2 && places.values.allSatisfy { $0.count == 1 })
    #expect(places[1] != places[5])
  }

  @Test func progressAndCancellation() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(10, seed: 3)
    let labels = try ownLabels(network, pixels)
    var done: [Int] = []
    let evaluation = Evaluation(network, try plan(), stream: RandomStream(seed: 1))
    let source = { (places: Range<Int>) in try pixels.narrowed(0, from: places.lowerBound, count: places.count) }
    _ = try evaluation.run(labels: labels, indices: Array(0..<10), pixels: source, progress: { done.append($0) })
    #expect(done == [4, 8, 10])
    done = []
    #expect(throws: CancellationError.self) {
      try evaluation.run(
        labels: labels, indices: Array(0..<10), pixels: source, progress: { done.append($0) },
        stopIfAsked: { if done == [4] { throw CancellationError() } })
    }
    #expect(done == [4])
  }

  @Test func nothingToEvaluate() throws {
    let outcome = try run(.zeros([0, 3, 8, 8]), [], [], plan())
    #expect(outcome.count == 0 && outcome.attacks.count == 6 && outcome.attacks.allSatisfy { $0.correct.isEmpty })
    #expect(throws: RobustnessError.self) { try run(.zeros([0, 3, 8, 8]), [], [], plan(batchSize: 0)) }
    #expect(throws: RobustnessError.self) { try run(.zeros([1, 3, 8, 8]), [0], [], plan()) }
  }

  @Test func envelopeOfARawCurve() throws {
    func outcome(_ size: String, _ correct: [Bool]) throws -> AttackOutcome {
      var outcome = AttackOutcome(attack: "fgsm", ball: try ball(.linf, size), form: .raw)
      outcome.correct = correct
      outcome.predictions = correct.map { $0 ? 0 : 1 }
      outcome.distances = correct.map { _ in outcome.ball.radius }
      return outcome
    }
    let raw = try [outcome("1/8", [true, false, true]), outcome("1/4", [true, true, false])]
    let envelope = AttackOutcome.envelope(of: raw)
    #expect(envelope.map(\.correct) == [[true, false, true], [true, false, false]])
    #expect(envelope[1].successDistances == [nil, 0.125, 0.25] && envelope[1].predictions == [0, 1, 1])
    #expect(envelope.allSatisfy { $0.form == .envelope })
  }
}
