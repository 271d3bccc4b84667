import Results

extension StudyRecord.Verdict {
  /// A symbol and a word: neither colour nor symbol alone carries it.
  var markup: Markup {
    switch self {
    case .holds: "<span class=\"verdict good\">✓ holds</span>"
    case .holdsAsMathematics: "<span class=\"verdict good\">✓ holds as mathematics</span>"
    case .holdsInPart: "<span class=\"verdict neutral\">◐ holds in part</span>"
    case .refuted: "<span class=\"verdict bad\">✗ refuted</span>"
    case .undecided: "<span class=\"verdict neutral\">? undecided</span>"
    case .checkFailed: "<span class=\"verdict bad\">! check failed</span>"
    }
  }

  /// `3 hold in part`, of some studies.
  func counted(_ count: Int) -> String {
    let one = count == 1
    switch self {
    case .holds: return "\(count) \(one ? "holds" : "hold")"
    case .holdsAsMathematics: return "\(count) \(one ? "holds" : "hold") as mathematics"
    case .holdsInPart: return "\(count) \(one ? "holds" : "hold") in part"
    case .refuted: return "\(count) \(one ? "is" : "are") refuted"
    case .undecided: return "\(count) \(one ? "is" : "are") undecided"
    case .checkFailed: return "\(count) failed a check"
    }
  }
}

extension StudyRecord.Criterion.Outcome {
  var markup: Markup {
    switch self {
    case .met: "<span class=\"verdict good\">✓ met</span>"
    case .notMet: "<span class=\"verdict bad\">✗ not met</span>"
    case .undecided: "<span class=\"verdict neutral\">? undecided</span>"
    }
  }
}

extension StudyRecord.Finding {
  /// `12.3 %`, `∞`.
  var figure: String {
    let number = value.isInfinite ? (value > 0 ? "∞" : "−∞") : Figures.number(value).withMinus
    return unit.isEmpty ? number : "\(number)\u{A0}\(unit)"
  }

  /// `11.9 to 12.7`; empty where there is none.
  var range: String { interval.map { Figures.numberInterval($0).withMinus } ?? "" }
}

extension StudyRecord {
  /// The figure that stands for the study in a table of all: the first that it found.
  var decisive: String {
    guard let finding = findings.first else { return criteria.first?.detail ?? "" }
    return "\(finding.name): \(finding.figure)" + (finding.range.isEmpty ? "" : " (\(finding.range))")
  }
}

extension String {
  /// With the minus sign that is as wide as a plus.
  fileprivate var withMinus: String { replacing("-", with: "−") }
}
