/// Why a Jacobian, or a figure of one, cannot be had.
public enum JacobianError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What went in or came out is not one row a sample.
  case samples(reason: String)
  /// A matrix that has no such figure.
  case matrix(reason: String)
  /// Labels that do not fit the logits.
  case labels(reason: String)
  /// The calculation runs where no graph is recorded.
  case gradientsOff
  /// The gradient of the map does not depend on what is pulled back, so that it cannot be differentiated for J·v.
  case notDifferentiableTwice

  public var description: String {
    switch self {
    case .samples(let reason): "no Jacobian a sample: \(reason)"
    case .matrix(let reason): "the matrix has no such figure: \(reason)"
    case .labels(let reason): "labels do not fit the logits: \(reason)"
    case .gradientsOff: "no Jacobian inside withoutGradients: move the call out of it"
    case .notDifferentiableTwice:
      "the map's gradient is constant, or was replaced by one without a graph: pull back, or build the dense Jacobian"
    }
  }
}
