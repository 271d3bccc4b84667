/// The norm that bounds a perturbation, in pixel units on [0,1].
public enum PerturbationNorm: String, Codable, Sendable, CaseIterable, Hashable {
  case linf, l2, l1

  /// As it is written in text: L∞, L2, L1.
  public var symbol: String {
    switch self {
    case .linf: "L∞"
    case .l2: "L2"
    case .l1: "L1"
    }
  }
}

/// Whether the network was told which task an image belongs to.
public enum Readout: String, Codable, Sendable, CaseIterable, Hashable {
  /// The task's identity is given: its head and its adapter answer.
  case taskAware
  /// The task's identity is inferred by the network.
  case taskAgnostic
}

/// Measures that are not named after an attack.
package enum MeasureName {
  /// Right as it is.
  package static let clean = "clean"
  /// Right under every attack of a norm and ε, sample by sample.
  package static let worst = "worst"
  package static let certified = "certified"
  /// Right under every turn and shift that was tried.
  package static let spatial = "spatial"
}

/// What was measured: a measure at a norm and ε under a readout.
public struct MeasureKey: Hashable, Sendable, Codable {
  /// `clean`, `fgsm`, `pgd`, `worst` (per sample over attacks), `certified`, …
  public var measure: String
  public var norm: PerturbationNorm?
  public var epsilon: Rational?
  public var readout: Readout

  public init(
    measure: String, norm: PerturbationNorm? = nil, epsilon: Rational? = nil, readout: Readout = .taskAware
  ) {
    self.measure = measure
    self.norm = norm
    self.epsilon = epsilon
    self.readout = readout
  }

  public static func clean(_ readout: Readout) -> MeasureKey {
    MeasureKey(measure: MeasureName.clean, readout: readout)
  }

  /// Right as it is and under every turn and shift that was tried, the task given. There is no ball, hence no ε.
  public static let spatial = MeasureKey(measure: MeasureName.spatial, readout: .taskAware)

  /// The measure without its readout, for headings: `fgsm L∞ 8/255`.
  public var title: String {
    [measure, norm?.symbol, epsilon?.text].compactMap(\.self).joined(separator: " ")
  }
}
