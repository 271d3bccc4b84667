/// What an attack saw of gradients: zeros and NaNs are how masking shows.
public struct GradientStatistics: Sendable, Equatable, Codable {
  /// Samples whose gradient was computed: those classified correctly when clean.
  public var samples: Int
  /// Samples for which some gradient was exactly zero.
  public var zero: Int
  /// Samples for which some gradient had a NaN or an infinity.
  public var nonFinite: Int
  /// Gradients computed, over all samples and steps; what the shared clean pass computed counts in every attack that
  /// used it.
  public var evaluations: Int

  public init(samples: Int = 0, zero: Int = 0, nonFinite: Int = 0, evaluations: Int = 0) {
    self.samples = samples
    self.zero = zero
    self.nonFinite = nonFinite
    self.evaluations = evaluations
  }

  public var zeroFraction: Double? { samples == 0 ? nil : Double(zero) / Double(samples) }
  public var nonFiniteFraction: Double? { samples == 0 ? nil : Double(nonFinite) / Double(samples) }

  public static func + (a: GradientStatistics, b: GradientStatistics) -> GradientStatistics {
    GradientStatistics(
      samples: a.samples + b.samples, zero: a.zero + b.zero, nonFinite: a.nonFinite + b.nonFinite,
      evaluations: a.evaluations + b.evaluations)
  }
}

/// Gathers, per sample, what gradients were seen.
struct GradientRecord {
  private var isZero: [Bool]
  private var isNonFinite: [Bool]
  private var isSeen: [Bool]
  private var evaluations = 0

  init(count: Int) {
    isZero = Array(repeating: false, count: count)
    isNonFinite = isZero
    isSeen = isZero
  }

  /// Adds a pass over the samples `rows`, given in the pass's order; just those in `live` count.
  mutating func add(_ pass: InputGradient, rows: [Int], where live: [Int]) {
    var isLive = Array(repeating: false, count: isSeen.count)
    for row in live { isLive[row] = true }
    for (place, row) in rows.enumerated() where isLive[row] {
      evaluations += 1
      isSeen[row] = true
      if pass.isZero[place] { isZero[row] = true }
      if pass.isNonFinite[place] { isNonFinite[row] = true }
    }
  }

  var statistics: GradientStatistics {
    GradientStatistics(
      samples: isSeen.count { $0 }, zero: isZero.count { $0 }, nonFinite: isNonFinite.count { $0 },
      evaluations: evaluations)
  }
}
