import Foundation
import ImageData
import RandomStreams
import ResidualNets
import Results
import Robustness
import Testing
import TorchCore

@testable import Continual

/// Attacks where nobody gives the task, on images of one pixel and a scoring that is written down here.
@TorchActor @Suite struct AgnosticEvaluationTests {
  /// Scores of two tasks as a function of the pixel, N×1 to N×2.
  private struct GivenScoring: TaskScoring {
    let second: (Tensor) throws -> Tensor

    func scores(_ pixels: Tensor, _ logits: [Tensor]) throws -> Tensor {
      let x = try pixels.to(.float64).reshaped([-1, 1])
      return try Tensor.concatenated([x * 0, second(x)], 1)
    }
  }

  init() throws { try Torch.setThreads(1) }

  /// Logits a + b·x of the head's two classes.
  private func network(_ a: [Float], _ b: [Float]) throws -> DeployedNetwork {
    try DeployedNetwork(
      inputShape: [1, 1, 1], body: [Stage("flatten", .flatten)], headWeight: Tensor(b, [2, 1]), headBias: Tensor(a, [2])
    )
  }

  private func benchmark(_ pixels: [UInt8]) throws -> TaskBenchmark {
    let images = try ImageSet(
      shape: ImageShape(height: 1, width: 1, channels: 1), pixels: pixels, labels: pixels.map { _ in 0 },
      classes: ["a", "b", "c", "d"], paths: pixels.indices.map { "\($0).png" })
    let all = TaskImages(images)
    return TaskBenchmark(
      task: ImageTask(name: "first", classes: [0, 1], classNames: ["a", "b"], train: all, test: all), device: .cpu)
  }

  private func outcome(
    _ scoring: GivenScoring, own: DeployedNetwork, _ pixels: [UInt8], epsilons: [String], batchSize: Int = 100,
    limit: Int = 100, attacks: [PlannedAttack]? = nil
  ) throws -> AgnosticOutcome {
    let readout = TaskAgnosticReadout(
      networks: DeployedNetworks([own, try network([1, 0], [0, 0])]), classes: [[0, 1], [2, 3]], scoring: scoring,
      tellsTasksApart: true)
    let root = RandomStream(seed: 1)
    let attacks =
      try attacks
      ?? [
        PlannedAttack(FGSM(), .linf, epsilons.map { try Rational($0) }),
        PlannedAttack(PGD(steps: 3), .linf, epsilons.map { try Rational($0) }),
      ]
    let benchmark = try benchmark(pixels)
    let places = benchmark.images.spread(limit)
    let plan = EvaluationPlan(attacks: attacks, batchSize: batchSize, kept: Set(places))
    let aware = try Evaluation(own, plan, stream: root.stream("own")).run(
      labels: benchmark.targets, indices: benchmark.images.indices, pixels: benchmark.pixels)
    return try AgnosticEvaluation(
      readout: readout, scoring: scoring, attacks: attacks, batchSize: batchSize, jointStream: root.stream("joint")
    ).outcome(on: benchmark, task: 0, places: places) { _ in OwnAdversarials(aware.kept) }
  }

  /// The head cannot be fooled, its logits being constant; the second task is inferred above ½.
  @Test(arguments: [1, 2, 100]) func anAttackMovesTheTaskAlone(batchSize: Int) throws {
    let outcome = try outcome(
      GivenScoring { try $0 - 0.5 }, own: network([1, 0], [0, 0]), [115, 77, 153], epsilons: ["1/100", "1/10", "1/4"],
      batchSize: batchSize)
    #expect(outcome.cleanCorrect == [true, true, false] && outcome.cleanInferred == [true, true, false])
    let expected = [[true, true, false], [false, true, false], [false, false, false]]
    #expect(outcome.attacks.map(\.correct) == expected + expected)
    #expect(outcome.attacks.map(\.inferred) == expected + expected)
    #expect(outcome.attacks.map(\.name) == ["fgsm", "fgsm", "fgsm", "pgd", "pgd", "pgd"])
    #expect(outcome.withWorst.dropFirst(6).map(\.correct) == expected)
  }

  /// The task is never moved; the head is, and the attack on the readout finds it as the one on the head does.
  @Test func anAttackMovesTheHeadAlone() throws {
    let outcome = try outcome(
      GivenScoring { try $0 * 0 - 1 }, own: network([0, -0.5], [0, 1]), [115, 77], epsilons: ["1/10"])
    #expect(outcome.cleanCorrect == [true, true])
    #expect(outcome.attacks.allSatisfy { $0.correct == [false, true] && $0.inferred == [true, true] })
  }

  /// The scores' gradient leads the attack on the readout away from a step, beyond which another task is inferred. The
  /// attack on the task's own network goes there for other reasons, and does not know that it succeeds.
  @Test func whatIsFoundAgainstTheOwnNetworkIsJudgedByTheReadout() throws {
    let scoring = GivenScoring { x in
      let step = try x.greater(0.5).to(.float64) * 10
      return try step - (x - 0.45) * 4 - 1
    }
    let own = try network([0, -0.9], [0, 1])
    let outcome = try outcome(scoring, own: own, [115], epsilons: ["1/10"])
    #expect(outcome.cleanCorrect == [true])
    #expect(outcome.attacks.allSatisfy { $0.correct == [false] && $0.inferred == [false] })
    // Neither attack alone, by its own lights, succeeds.
    let pixels = try benchmark([115]).pixels(0..<1)
    let joint = JointReadout(
      TaskAgnosticReadout(
        networks: DeployedNetworks([own, try network([1, 0], [0, 0])]), classes: [[0, 1], [2, 3]], scoring: scoring,
        tellsTasksApart: true
      ), scoring)
    for subject in [own as any Classifier, joint] {
      let result = try FGSM().perturb(
        subject, pixels: pixels, labels: [0], within: .init(.linf, try Rational("1/10")),
        streams: [RandomStream(seed: 1)])
      #expect(result.success == [false])
    }
  }

  @Test func asManyImagesAsAreAskedForAreAttacked() throws {
    let outcome = try outcome(
      GivenScoring { try $0 - 0.5 }, own: network([1, 0], [0, 0]), [115, 77, 153, 10], epsilons: ["1/10"], limit: 2)
    #expect(outcome.cleanCorrect == [true, false], "spread over all")
    #expect(outcome.attacks.allSatisfy { $0.correct.count == 2 })
    let none = try self.outcome(
      GivenScoring { try $0 - 0.5 }, own: network([1, 0], [0, 0]), [], epsilons: ["1/10"])
    #expect(none.cleanCorrect.isEmpty && none.attacks.allSatisfy(\.correct.isEmpty))
  }

  /// What the evaluation with the task given has found is not looked for again, and an image that has lost its class
  /// and its task is not attacked: the third is taken for the second task clean, the first is led there through its own
  /// head.
  @Test func onlyTheReadoutIsAttackedAndOnlyWhatIsLeft() throws {
    let log = AttackLog()
    let attacks = try ["1/50", "1/10"].map {
      PlannedAttack(CountedAttack(base: FGSM(), log: log), .linf, [try Rational($0)])
    }
    let outcome = try outcome(
      GivenScoring { try $0 - 0.5 }, own: network([0, -0.5], [0, 1]), [115, 77, 153], epsilons: [], attacks: attacks)
    #expect(outcome.attacks.map(\.correct) == [[true, true, false], [false, true, false]])
    #expect(outcome.attacks.map(\.inferred) == [[true, true, false], [false, true, false]])
    #expect(log.own == [3, 3], "by the evaluation with the task given")
    #expect(log.joint == [2, 1])
  }

  /// On random heads and scores: as if everything were attacked anew.
  @Test(arguments: 0..<12) func whatIsSkippedCannotChange(seed: UInt64) throws {
    let draw = RandomStream(seed: seed)
    func number(_ counter: UInt64) -> Double { 2 * draw.uniform(at: counter) - 1 }
    let pixels = (0..<24).map { UInt8(draw.stream("pixels").integer(below: 256, at: $0)) }
    let own = try network([0, Float(number(0))], [0, Float(2 * number(1))])
    let (boundary, slope) = (0.5 * (1 + number(2)), number(3))
    let scoring = GivenScoring { try ($0 - boundary) * slope }
    let sizes = try ["1/50", "1/8", "1/4"].map { try Rational($0) }
    let attacks = [
      PlannedAttack(FGSM(), .linf, sizes), PlannedAttack(PGD(steps: 3), .linf, sizes, form: .envelope),
    ]
    let outcome = try outcome(scoring, own: own, pixels, epsilons: [], attacks: attacks)

    let readout = TaskAgnosticReadout(
      networks: DeployedNetworks([own, try network([1, 0], [0, 0])]), classes: [[0, 1], [2, 3]], scoring: scoring,
      tellsTasksApart: true)
    let images = try benchmark(pixels).pixels(0..<pixels.count)
    let batches = try [own as any Classifier, JointReadout(readout, scoring)].map {
      try AttackBatch($0, pixels: images, labels: pixels.map { _ in 0 }, streams: pixels.map { _ in draw })
    }
    let clean = try readout.answers(images, scoring)
    var slot = 0
    for planned in attacks {
      var carried: (correct: [Bool], inferred: [Bool])?
      let found = try batches.map { try planned.attack.curve($0, planned.norm, planned.epsilons, form: planned.form) }
      for size in sizes.indices {
        let answers = try [clean] + found.map { try readout.answers($0[size].adversarial, scoring) }
        var correct = pixels.indices.map { image in answers.allSatisfy { $0[image].class == 0 } }
        var inferred = pixels.indices.map { image in answers.allSatisfy { $0[image].task == 0 } }
        if planned.form == .envelope, let carried {
          correct = zip(correct, carried.correct).map { $0 && $1 }
          inferred = zip(inferred, carried.inferred).map { $0 && $1 }
        }
        carried = (correct, inferred)
        #expect(outcome.attacks[slot].correct == correct, "seed \(seed), \(planned.attack.name) \(sizes[size].text)")
        #expect(outcome.attacks[slot].inferred == inferred, "seed \(seed), \(planned.attack.name) \(sizes[size].text)")
        slot += 1
      }
    }
  }

  /// A score that is not a number is no answer.
  @Test func anUndefinedScoreIsWrong() throws {
    let outcome = try outcome(
      GivenScoring { try $0 * .nan }, own: network([1, 0], [0, 0]), [115], epsilons: ["1/10"])
    #expect(outcome.cleanCorrect == [false] && outcome.attacks.allSatisfy { $0.correct == [false] })
  }
}
