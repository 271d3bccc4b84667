extension Results {
  /// What no sound run can show, in words, contrasts included: tensors of old tasks that changed, outcomes that
  /// contradict each other, and certificates that an attack or the network itself refutes.
  public var brokenProofs: [String] {
    let own =
      [changedTensor, contradiction].compactMap(\.self) + brackets.compactMap(\.refutation)
      + drift.compactMap(\.refutation)
    return own.map { "\(name): \($0)" } + contrasts.flatMap(\.brokenProofs)
  }

  private var changedTensor: String? {
    guard let nonForgetting, !nonForgetting.verified else { return nil }
    return "what earlier tasks rely on has changed: \(nonForgetting.firstDifference ?? "see the report")"
  }

  /// Outcomes that cannot be together, in words; nil where there are none.
  package var contradiction: String? {
    guard let violations = consistency?.violations, let first = violations.first else { return nil }
    let place = first.context.map { "\($0), " } ?? ""
    return "\(violations.count) outcomes contradict each other, first: \(place)image \(first.sample): "
      + "\(first.harsher) says correct, \(first.milder) wrong"
  }
}

extension BracketRecord {
  /// What is wrong with the certificates, in words; nil where no radius exceeds its attack's distance.
  public var refutation: String? {
    guard let first = violations.first else { return nil }
    let image = images.indices.contains(first) ? images[first] : "image \(first)"
    return
      "\(task): an attack refutes \(violations.count) of \(certifiedRadius.count) certificates, first that of \(image)"
  }
}
