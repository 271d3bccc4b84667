/// The mean corruption error, in both forms.
///
/// E_{s,c} is the error rate under corruption c at severity s, the mean over tasks. Source: Hendrycks and Dietterich
/// 2019, who normalise by AlexNet and by severities 1 to 5; here the reference is a contrast, on the same images and at
/// the severities that were measured.
public struct CorruptionError: Sendable, Equatable, Codable {
  /// mean_c mean_s E_{s,c}: not normalised.
  public var mean: Double
  /// Over how many corruptions.
  public var corruptions: Int
  /// The same of the images as they are.
  public var clean: Double?
  /// mCE = mean_c CE_c, CE_c = Σ_s E_{s,c} / Σ_s E'_{s,c}, E' of the reference; absent without one.
  public var normalized: Double?
  /// Over how many corruptions: those under which the reference errs at all.
  public var normalizedCorruptions: Int?
  /// The contrast whose errors are 1.
  public var reference: String?

  /// - Parameters:
  ///   - reference: what the errors are divided by; a corruption that it lacks, or that it has at other severities,
  ///     stands in the mean alone.
  /// - Returns: nil where no corruption was measured.
  public init?(_ records: [CorruptionRecord], reference: (name: String, records: [CorruptionRecord])? = nil) {
    let errors = records.corruptions.compactMap { name in records.errors(name).map { (name, $0) } }
    guard !errors.isEmpty else { return nil }
    mean = errors.reduce(0) { $0 + $1.1.values.mean } / Double(errors.count)
    corruptions = errors.count
    clean = records.errors(CorruptionRecord.none)?[0]
    guard let reference else { return }
    let known = Set(reference.records.corruptions)
    let ratios = errors.compactMap { name, own -> Double? in
      guard known.contains(name), let other = reference.records.errors(name), other.keys == own.keys else { return nil }
      let sum = other.values.reduce(0, +)
      return sum > 0 ? own.values.reduce(0, +) / sum : nil
    }
    guard !ratios.isEmpty else { return }
    normalized = ratios.mean
    normalizedCorruptions = ratios.count
    self.reference = reference.name
  }
}

extension Collection<Double> {
  /// The mean, of at least one value. The order of summing does not follow from a dictionary's.
  fileprivate var mean: Double { sorted().reduce(0, +) / Double(count) }
}

extension Results {
  /// The mean corruption errors of this run and its contrasts, normalised by the first contrast that was measured on
  /// the same tasks.
  public mutating func computeCorruptionErrors() {
    let reference = contrasts.first { !$0.corruptions.isEmpty && $0.tasks == tasks }.map { ($0.name, $0.corruptions) }
    corruptionError = CorruptionError(corruptions, reference: reference)
    for index in contrasts.indices {
      contrasts[index].corruptionError = CorruptionError(
        contrasts[index].corruptions, reference: contrasts[index].tasks == tasks ? reference : nil)
    }
  }
}
