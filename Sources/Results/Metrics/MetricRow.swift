/// All metrics of one measure: an object of `metrics` in results.json, one field per ``ContinualMetric``.
///
/// A metric that cannot be computed is `null` there and `nil` here.
public struct MetricRow: Sendable, Equatable {
  public var key: MeasureKey
  /// Values by metric; a metric without one is not in it.
  public var values: [ContinualMetric: Double]
  /// 95 % intervals, where the counts are known.
  public var intervals: [ContinualMetric: Interval]

  /// Computes every metric of `measured`. `reference` holds a*_k per task where joint training was run.
  public init(from measured: MeasuredAccuracy, reference: [Double?] = []) {
    key = measured.key
    values = [:]
    intervals = [:]
    let (matrix, count) = (measured.accuracy, measured.accuracy.tasks)
    for metric in ContinualMetric.allCases {
      switch metric {
      case .intransigence:
        values[metric] = ContinualMetrics.intransigence(matrix, reference: reference)
      case .diazBackwardTransferPlus:
        values[metric] = ContinualMetrics.diazBackwardTransferPlus(matrix)
        intervals[metric] = intervals[.diazBackwardTransfer].map {
          Interval(low: max($0.low, 0), high: max($0.high, 0))
        }
      case .remembering:
        values[metric] = ContinualMetrics.remembering(matrix)
        intervals[metric] = intervals[.diazBackwardTransfer].map {
          Interval(low: 1 + min($0.low, 0), high: 1 + min($0.high, 0))
        }
      default:
        guard let terms = Self.terms(of: metric, matrix, count) else { continue }
        values[metric] = terms.value(on: matrix)
        intervals[metric] = terms.interval(on: matrix, counts: measured.counts)
      }
    }
  }

  public subscript(metric: ContinualMetric) -> Double? { values[metric] }

  public var averageAccuracy: Double? { values[.averageAccuracy] }
  public var backwardTransfer: Double? { values[.backwardTransfer] }
  public var forgetting: Double? { values[.forgetting] }
  public var forwardTransfer: Double? { values[.forwardTransfer] }
  public var learningAccuracy: Double? { values[.learningAccuracy] }
  public var averageIncrementalAccuracy: Double? { values[.averageIncrementalAccuracy] }
  public var intransigence: Double? { values[.intransigence] }

  private static func terms(
    of metric: ContinualMetric, _ matrix: AccuracyMatrix, _ count: Int
  ) -> CellCombination? {
    switch metric {
    case .averageAccuracy: ContinualMetrics.averageAccuracyTerms(count)
    case .backwardTransfer: ContinualMetrics.backwardTransferTerms(count)
    case .forgetting: ContinualMetrics.forgettingTerms(matrix, count, rows: .beforeLast(zeroShot: true))
    case .forgettingSinceLearned:
      ContinualMetrics.forgettingTerms(matrix, count, rows: .beforeLast(zeroShot: false))
    case .forgettingIncludingLast: ContinualMetrics.forgettingTerms(matrix, count, rows: .includingLast)
    case .forgettingAvalanche: ContinualMetrics.backwardTransferTerms(count, sign: -1)
    case .forwardTransfer: ContinualMetrics.forwardTransferTerms(count)
    case .learningAccuracy: ContinualMetrics.learningAccuracyTerms(count)
    case .averageIncrementalAccuracy: ContinualMetrics.averageIncrementalAccuracyTerms(count)
    case .diazAccuracy: ContinualMetrics.diazAccuracyTerms(count)
    case .diazBackwardTransfer: ContinualMetrics.diazBackwardTransferTerms(count)
    case .diazForwardTransfer: ContinualMetrics.diazForwardTransferTerms(count)
    case .intransigence, .diazBackwardTransferPlus, .remembering: nil
    }
  }
}

extension MetricRow: Codable {
  /// One for each metric, and their intervals; the key has its own.
  private struct Field: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }

  public init(from decoder: any Decoder) throws {
    key = try MeasureKey(from: decoder)
    let container = try decoder.container(keyedBy: Field.self)
    let stored = try container.decodeIfPresent([String: Interval].self, forKey: Field("intervals")) ?? [:]
    values = [:]
    intervals = [:]
    for metric in ContinualMetric.allCases {
      values[metric] = try container.decodeIfPresent(Double.self, forKey: Field(metric.rawValue))
      intervals[metric] = stored[metric.rawValue]
    }
  }

  public func encode(to encoder: any Encoder) throws {
    try key.encode(to: encoder)
    var container = encoder.container(keyedBy: Field.self)
    for metric in ContinualMetric.allCases {
      try container.encode(values[metric], forKey: Field(metric.rawValue))
    }
    let named = Dictionary(uniqueKeysWithValues: intervals.map { ($0.key.rawValue, $0.value) })
    try container.encode(named, forKey: Field("intervals"))
  }
}
