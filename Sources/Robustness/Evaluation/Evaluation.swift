import Distributed
import RandomStreams
import Results
import TorchCore

/// Accuracy under attack: every image of a list, in batches of fixed boundaries, each with a random stream of its own.
/// So what a batch gives does not depend on the batches before it, nor on which rank attacks it.
public struct Evaluation {
  public var network: any Classifier
  public var plan: EvaluationPlan
  /// The root of all random draws.
  public var stream: RandomStream

  public init(_ network: any Classifier, _ plan: EvaluationPlan, stream: RandomStream) {
    self.network = network
    self.plan = plan
    self.stream = stream
  }

  /// Runs the plan.
  ///
  /// - Parameters:
  ///   - labels: the true class of every image, in the order of evaluation.
  ///   - indices: every image's own index in its data set, which keys its random stream: the same image draws the same
  ///     numbers whatever stands beside it.
  ///   - pixels: fp32 N×C×H×W in [0, 1] of the images at these places of the order; one batch at a time, in order.
  ///   - progress: called with the number of images done after each batch, on rank 0.
  ///   - stopIfAsked: called before every attack on every batch; what it throws ends the evaluation.
  ///   - journal: keeps what each batch gave, and is asked first; rank 0's counts. Batches with adversarials
  ///     that are kept are always done.
  ///   - ranks: take batches one by one. All of them give the same arguments and get the same outcome.
  /// - Throws: ``RobustnessError``, `TorchError`, `DistributedError`, and what `pixels` and `stopIfAsked` throw.
  public func run(
    labels: [Int], indices: [Int], pixels: (Range<Int>) throws -> Tensor, progress: (Int) -> Void = { _ in },
    stopIfAsked: () throws -> Void = {}, journal: EvaluationJournal.Part? = nil, over ranks: Communicator = .single
  ) throws -> EvaluationOutcome {
    try RobustnessError.require(plan.batchSize >= 1, "the batch size", "must be at least 1")
    try RobustnessError.requireEqual("image indices", indices.count, labels.count)
    var outcome = EvaluationOutcome(labels: labels, cleanPredictions: [], cleanCorrect: [], attacks: [], kept: [])
    outcome.attacks = plan.attacks.flatMap { planned in
      let settings = planned.attack.settings(classes: network.classCount)
      return planned.epsilons.map {
        AttackOutcome(
          attack: planned.attack.name, ball: .init(planned.norm, $0), form: planned.form, settings: settings)
      }
    }
    let usesGradient = plan.attacks.contains { $0.attack.usesCleanGradient }
    let batches = labels.indices.batches(of: plan.batchSize)
    var done = 0
    func count(_ places: Range<Int>) {
      done += places.count
      progress(done)
    }
    let found: [BatchFindings] = try ranks.queue(
      count: batches.count,
      known: { number in
        let places = batches[number]
        guard let known = journal.flatMap({ known(in: $0, places, outcomes: outcome.attacks.count) }) else {
          return nil
        }
        count(places)
        return BatchFindings(outcome: known, kept: [])
      },
      work: { number in
        let places = batches[number]
        try stopIfAsked()
        let batch = try AttackBatch(
          network, pixels: pixels(places), labels: Array(labels[places]),
          streams: places.map { stream.stream(indices[$0]) }, preparingGradient: usesGradient)
        return try attack(batch, at: places, stopIfAsked)
      },
      arrived: { number, batch in
        let start = batches[number].lowerBound
        if let journal, journal.outcome(at: start) == nil { try journal.append(batch.outcome, at: start) }
        count(batches[number])
      })
    for batch in found {
      outcome.append(batch.outcome)
      outcome.kept += batch.kept
    }
    return outcome
  }

  /// What a journal knows of a batch, where that is all that is asked for.
  private func known(
    in journal: EvaluationJournal.Part, _ places: Range<Int>, outcomes: Int
  ) -> BatchOutcome? {
    guard plan.kept.isDisjoint(with: places), let known = journal.outcome(at: places.lowerBound),
      known.cleanCorrect.count == places.count, known.attacks.count == outcomes,
      known.attacks.allSatisfy({ ($0.correctOnGrid != nil) == (plan.grid != nil) })
    else { return nil }
    return known
  }

  private func attack(
    _ batch: AttackBatch, at places: Range<Int>, _ stopIfAsked: () throws -> Void
  ) throws -> BatchFindings {
    var found = BatchFindings(
      outcome: BatchOutcome(
        cleanPredictions: batch.cleanPredictions, cleanCorrect: batch.cleanCorrect, attacks: []), kept: [])
    let wanted = try places.filter(plan.kept.contains).map { place in
      (place, clean: try KeptAdversarial.image(batch.pixels, place - places.lowerBound))
    }
    for planned in plan.attacks {
      let results = try planned.attack.curve(batch, planned.norm, planned.epsilons, form: planned.form) { _ in
        try stopIfAsked()
      }
      for (epsilon, result) in zip(planned.epsilons, results) {
        let ball = PerturbationBall(planned.norm, epsilon)
        let survivors = try plan.grid.map { try $0.survivors(of: result, batch, within: ball) }
        found.outcome.attacks.append(
          BatchOutcome.Found(
            correct: result.success.map { !$0 }, correctOnGrid: survivors?.map { !$0 },
            predictions: result.predictions, distances: result.distances, gradients: result.gradients,
            queries: result.queries, refuted: result.refuted))
        found.kept += try wanted.map { place, clean in
          try KeptAdversarial(
            result, batch, row: place - places.lowerBound, place, planned.attack.name, ball, clean: clean)
        }
      }
    }
    return found
  }
}
