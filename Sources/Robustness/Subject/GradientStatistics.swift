/// What an attack saw of gradients: zeros and NaNs are how masking shows.
public struct GradientStatistics: Sendable, Equatable, Codable {
  /// Samples whose gradient was computed: those open to attack.
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

  public static func + (a: GradientStatistics, b: GradientStatistics) -> GradientStatistics {
    GradientStatistics(
      samples: a.samples + b.samples, zero: a.zero + b.zero, nonFinite: a.nonFinite + b.nonFinite,
      evaluations: a.evaluations + b.evaluations)
  }
}
