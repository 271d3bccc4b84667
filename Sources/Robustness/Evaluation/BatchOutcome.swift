/// What an evaluation found on one batch, and what was kept of it: what a rank that attacked it tells the others.
struct BatchFindings: Codable {
  var outcome: BatchOutcome
  var kept: [KeptAdversarial]
}

/// What an evaluation found on one batch.
struct BatchOutcome: Codable, Equatable {
  var cleanPredictions: [Int]
  var cleanCorrect: [Bool]
  /// As in ``EvaluationOutcome/attacks``.
  var attacks: [Found]

  struct Found: Codable, Equatable {
    var correct: [Bool]
    var correctOnGrid: [Bool]?
    var predictions: [Int]
    var distances: [Double]
    var gradients: GradientStatistics
    var queries: [Int]
    var refuted: Int?
  }

  /// Whether it can be what an evaluation wrote: lists equally long, counts that can be added up, nothing right under
  /// attack that is wrong clean.
  var isWhole: Bool {
    let count = cleanPredictions.count
    let isCount = { (number: Int) in (0...1 << 40).contains(number) }
    return cleanCorrect.count == count
      && attacks.allSatisfy { found in
        [found.correct.count, found.predictions.count, found.distances.count, found.queries.count]
          .allSatisfy { $0 == count } && isCount(found.refuted ?? 0) && (found.correctOnGrid?.count ?? count) == count
          && zip(found.correct, cleanCorrect).allSatisfy { !$0 || $1 } && found.queries.allSatisfy(isCount)
          && found.distances.allSatisfy { $0 >= 0 && $0.isFinite }
          && [found.gradients.samples, found.gradients.zero, found.gradients.nonFinite, found.gradients.evaluations]
            .allSatisfy(isCount)
      }
  }
}
