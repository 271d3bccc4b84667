/// Why a network has no bound or no certificate.
public enum LipschitzError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A layer whose Lipschitz constant is not known or not finite.
  case unboundable(layer: String, reason: String)
  /// A layer that does not fit the shape of what comes in.
  case shape(layer: String, reason: String)
  /// A bound that was computed for another network.
  case otherNetwork(reason: String)
  /// Pixels or labels that the network cannot be certified on.
  case invalidSamples(reason: String)
  /// A statement about single precision that cannot be made for this network.
  case unsupportedBasis(reason: String)
  /// Two networks that do not go through the same operations, so that nothing bounds how far one is from the other.
  case differentStructure(layer: String, reason: String)
  /// A layer that nothing bounds on a ball around one image.
  case noLocalBound(layer: String, reason: String)

  public var description: String {
    switch self {
    case .unboundable(let layer, let reason): "layer '\(layer)' has no Lipschitz bound: \(reason)"
    case .shape(let layer, let reason): "layer '\(layer)' does not fit its input: \(reason)"
    case .otherNetwork(let reason): "the bound belongs to another network: \(reason)"
    case .invalidSamples(let reason): "cannot certify these samples: \(reason)"
    case .unsupportedBasis(let reason):
      "nothing can be certified about the computation itself: \(reason); certify in real arithmetic"
    case .differentStructure(let layer, let reason): "the networks are not built alike at layer '\(layer)': \(reason)"
    case .noLocalBound(let layer, let reason): "layer '\(layer)' has no bound on a ball around an image: \(reason)"
    }
  }
}
