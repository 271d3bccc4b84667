import RandomStreams
import Results
import TorchCore

/// Accuracy under attack: every image of a list, in batches of fixed boundaries, each with a random stream of its own.
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
  ///   - progress: called with the number of images done after each batch.
  ///   - isCancelled: asked before every attack on every batch.
  ///   - journal: keeps what each batch gave, and is asked first. Batches with adversarials
  ///     that are kept are always done.
  /// - Throws: ``RobustnessError`` (`cancelled` where `isCancelled` said so), `TorchError`, and what `pixels` throws.
  public func run(
    labels: [Int], indices: [Int], pixels: (Range<Int>) throws -> Tensor, progress: (Int) -> Void = { _ in },
    isCancelled: () -> Bool = { false }, journal: EvaluationJournal.Part? = nil
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
    for start in stride(from: 0, to: labels.count, by: plan.batchSize) {
      let places = start..<min(start + plan.batchSize, labels.count)
      func stopIfAsked() throws {
        if isCancelled() { throw RobustnessError.cancelled(evaluated: start, of: labels.count) }
      }
      try stopIfAsked()
      if plan.kept.isDisjoint(with: places),
        let known = journal?.outcome(at: start), known.cleanCorrect.count == places.count,
        known.attacks.count == outcome.attacks.count,
        known.attacks.allSatisfy({ ($0.correctOnGrid != nil) == (plan.grid != nil) })
      {
        outcome.append(known)
        progress(places.upperBound)
        continue
      }
      let batch = try AttackBatch(
        network, pixels: pixels(places), labels: Array(labels[places]),
        streams: places.map { stream.stream(indices[$0]) }, preparingGradient: usesGradient)
      let found = try attack(batch, at: places, &outcome.kept, stopIfAsked)
      outcome.append(found)
      if let journal, journal.outcome(at: start) == nil { try journal.append(found, at: start) }
      progress(places.upperBound)
    }
    return outcome
  }

  private func attack(
    _ batch: AttackBatch, at places: Range<Int>, _ kept: inout [KeptAdversarial], _ stopIfAsked: () throws -> Void
  ) throws -> BatchOutcome {
    var found = BatchOutcome(
      cleanPredictions: batch.cleanPredictions, cleanCorrect: batch.cleanCorrect, attacks: [])
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
        found.attacks.append(
          BatchOutcome.Found(
            correct: result.success.map { !$0 }, correctOnGrid: survivors?.map { !$0 },
            predictions: result.predictions, distances: result.distances, gradients: result.gradients,
            queries: result.queries, refuted: result.refuted))
        kept += try wanted.map { place, clean in
          try KeptAdversarial(
            result, batch, row: place - places.lowerBound, place, planned.attack.name, ball, clean: clean)
        }
      }
    }
    return found
  }
}
