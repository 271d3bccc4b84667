/// Which of many measures stand for the run where there is room for one.
extension Results {
  /// Under attack: the harshest kind there is, L∞ before L2 and L1, at 8/255 where that was measured and else at the
  /// middle ε.
  package var headlineAttack: MeasuredAccuracy? {
    let attacks = accuracy.filter {
      ![MeasureName.clean, MeasureName.certified].contains($0.key.measure) && $0.key.readout == .taskAware
        && ($0.key.epsilon ?? .zero) > .zero
    }
    for norm in PerturbationNorm.allCases {
      for measure in [MeasureName.worst] + AttackKind.headliners.map(\.rawValue) + attacks.map(\.key.measure) {
        let slices = attacks.filter { $0.key.measure == measure && $0.key.norm == norm }
          .sorted { ($0.key.epsilon ?? .zero) < ($1.key.epsilon ?? .zero) }
        guard !slices.isEmpty else { continue }
        return slices.first { $0.key.epsilon?.numerator == 8 && $0.key.epsilon?.denominator == 255 }
          ?? slices[slices.count / 2]
      }
    }
    return nil
  }

  /// Certified: at the smallest radius above 0, in L2 where there is one.
  package var headlineCertificate: MeasuredAccuracy? {
    let certified = accuracy.filter {
      $0.key.measure == MeasureName.certified && $0.key.readout == .taskAware && $0.key.epsilon != .zero
    }
    let preferred = certified.filter { $0.key.norm == .l2 }
    return (preferred.isEmpty ? certified : preferred).min { ($0.key.epsilon ?? .zero) < ($1.key.epsilon ?? .zero) }
  }
}
