/// What comes of the learning rate that suits best: a single one may favour one network over another.
///
/// - Parameters:
///   - rates: tried in order, at least one.
///   - loss: by which outcomes are compared, the least being best; one that is not finite counts as infinite.
///   - isEnough: an outcome behind which no further rate is tried.
///   - run: trains anew at a rate.
/// - Throws: ``StudyError`` for no rates, and what `run` throws.
func best<Outcome>(
  ofRates rates: [Double], loss: (Outcome) -> Double, isEnough: (Outcome) -> Bool = { _ in false },
  run: (_ rate: Double) throws -> Outcome
) throws -> Outcome {
  guard let first = rates.first else { throw StudyError.unusable("training needs a learning rate") }
  func rank(_ outcome: Outcome) -> Double { loss(outcome).isFinite ? loss(outcome) : .infinity }
  var best = try run(first)
  for rate in rates.dropFirst() where !isEnough(best) {
    let other = try run(rate)
    if rank(other) < rank(best) { best = other }
  }
  return best
}

/// The least loss over learning rates; infinite where every one ends with a loss that is not finite.
func leastLoss(atRates rates: [Double], run: (_ rate: Double) throws -> Double) throws -> Double {
  let loss = try best(ofRates: rates, loss: { $0 }, run: run)
  return loss.isFinite ? loss : .infinity
}
