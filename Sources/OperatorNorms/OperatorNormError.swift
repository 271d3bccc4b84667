/// Why an operator has no norm.
public enum OperatorNormError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Weight, geometry and input size do not describe an operator; the text says what does not fit.
  case invalidOperator(String)
  /// The weights hold an infinity or a NaN, or the norm is beyond the largest double.
  case notFinite(String)

  public var description: String {
    switch self {
    case .invalidOperator(let reason): "no such linear operator: \(reason)"
    case .notFinite(let reason): "the operator norm is not a finite number: \(reason)"
    }
  }
}
