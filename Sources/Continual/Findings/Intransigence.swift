import Results

extension Results {
  /// Gives intransigence its reference, here and in the contrasts, where one of them is joint training of the same
  /// network on the same tasks, in the same scenario and with the same seed.
  mutating func measureIntransigence() {
    let isJoint = { (results: Results) in results.strategy == Configuration.Strategy.Kind.joint.rawValue }
    let references = ([self] + contrasts).filter(isJoint)
    func reference(of results: Results) -> Results? {
      isJoint(results)
        ? nil
        : references.first {
          ($0.tasks, $0.scenario, $0.network, $0.seed) == (
            results.tasks, results.scenario, results.network, results.seed
          )
        }
    }
    if let joint = reference(of: self) { computeMetrics(against: joint) }
    for index in contrasts.indices {
      if let joint = reference(of: contrasts[index]) { contrasts[index].computeMetrics(against: joint) }
    }
  }
}
