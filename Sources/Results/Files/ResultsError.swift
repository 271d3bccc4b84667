/// What is wrong with a results file or with what was to be written into one.
public enum ResultsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file cannot be read.
  case unreadable(file: String, reason: String)
  /// The file is larger than any results file may be.
  case tooLarge(file: String, bytes: Int, limit: Int)
  /// The file is not JSON (truncated, not UTF-8, …).
  case notJSON(file: String?, reason: String)
  /// The file is JSON of another schema.
  case unknownSchema(file: String?, found: String?, expected: String = Results.currentSchema)
  /// A field is missing, of another type, or contradicts another.
  case malformed(file: String?, path: String, reason: String)
  /// A figure to be written is NaN or infinite: leave it absent instead.
  case notFinite(path: String)
  /// Per-sample outcomes to be compared have different lengths.
  case unequalSamples(measure: String, found: Int, expected: Int)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .tooLarge(let file, let bytes, let limit): "\(file): \(bytes) bytes; a results file has at most \(limit)"
    case .notJSON(let file, let reason): "\(file ?? "results"): not valid JSON: \(reason)"
    case .unknownSchema(let file, let found, let expected):
      "\(file ?? "results"): \(found.map { "schema \"\($0.prefix(80))\"" } ?? "no schema"), "
        + "expected \"\(expected)\""
    case .malformed(let file, let path, let reason): "\(file ?? "results"): at \(path): \(reason)"
    case .notFinite(let path): "results: \(path) is not a finite number; leave a figure that does not exist absent"
    case .unequalSamples(let measure, let found, let expected):
      "\(measure) has \(found) samples, the others \(expected): all measures must judge the same samples"
    }
  }
}
