/// Accuracy on one task's test images under one corruption, the task given, after the last task.
///
/// Source: Hendrycks and Dietterich, "Benchmarking neural network robustness to common corruptions and perturbations",
/// 2019.
public struct CorruptionRecord: Sendable, Equatable, Codable {
  /// What stands for the images as they are, at severity 0.
  public static let none = "none"

  public var task: String
  /// Such as `gaussian-noise`, or ``none``.
  public var corruption: String
  /// Ascending.
  public var severities: [Int]
  /// One for each severity, all of the same images; empty where the corruption does not suit them.
  public var counts: [Tally]
  /// Why it does not suit them.
  public var note: String?

  public init(task: String, corruption: String, severities: [Int], counts: [Tally], note: String? = nil) {
    self.task = task
    self.corruption = corruption
    self.severities = severities
    self.counts = counts
    self.note = note
  }

  /// What cannot be; nil where nothing is wrong.
  var defect: String? {
    guard counts.isEmpty || counts.count == severities.count else {
      return "\(counts.count) counts for \(severities.count) severities"
    }
    return Set(counts.map(\.n)).count > 1 ? "counts of different images" : nil
  }
}

extension [CorruptionRecord] {
  /// The corruptions that suit every task that was looked at, the images as they are left out, in order.
  public var corruptions: [String] {
    var seen: Set<String> = [CorruptionRecord.none]
    let left = Set(filter(\.counts.isEmpty).map(\.corruption))
    return map(\.corruption).filter { !left.contains($0) && seen.insert($0).inserted }
  }

  /// The corruptions that do not suit some task, each with the first reason.
  public var leftOut: [(corruption: String, reason: String)] {
    var seen: Set<String> = []
    return filter { $0.counts.isEmpty && seen.insert($0.corruption).inserted }.map { ($0.corruption, $0.note ?? "") }
  }

  /// The images of all tasks together under one corruption; nil where it was not measured at this severity.
  public func tally(_ corruption: String, severity: Int) -> Tally? {
    let tallies = compactMap { record in
      record.corruption == corruption
        ? zip(record.severities, record.counts).first { $0.0 == severity }?.1 : nil
    }
    guard !tallies.isEmpty else { return nil }
    return Tally(correct: tallies.reduce(0) { $0 + $1.correct }, n: tallies.reduce(0) { $0 + $1.n })
  }

  /// Every severity that anything was measured at, ascending, 0 left out.
  public var severities: [Int] { Set(flatMap(\.severities)).subtracting([0]).sorted() }

  /// E_{s,c}: the error rate under a corruption at each severity, the mean over tasks, each of which weighs the same;
  /// nil where some task has no images.
  func errors(_ corruption: String) -> [Int: Double]? {
    let records = filter { $0.corruption == corruption }
    guard let severities = records.first?.severities else { return nil }
    var errors: [Int: Double] = [:]
    for (place, severity) in severities.enumerated() {
      let rates = records.compactMap { record in
        record.severities == severities && record.counts.indices.contains(place) ? record.counts[place].rate : nil
      }
      guard rates.count == records.count else { return nil }
      errors[severity] = 1 - rates.reduce(0, +) / Double(rates.count)
    }
    return errors
  }
}
