import Results

extension Results {
  /// Gives intransigence its reference, here and in the contrasts, where one of them is joint training on the same tasks.
  mutating func measureIntransigence() {
    let isJoint = { (results: Results) in results.strategy == Configuration.Strategy.Kind.joint.rawValue }
    guard let joint = ([self] + contrasts).first(where: isJoint) else { return }
    let isMeasured = { (results: Results) in !isJoint(results) && results.tasks == joint.tasks }
    if isMeasured(self) { computeMetrics(against: joint) }
    for index in contrasts.indices where isMeasured(contrasts[index]) {
      contrasts[index].computeMetrics(against: joint)
    }
  }
}
