import OperatorNorms

/// An upper bound on the L2 Lipschitz constant of one layer.
public struct LayerBound: Sendable, Hashable {
  public let name: String
  /// No less than the constant in exact arithmetic, rounding of the computation included.
  public let upper: Double
  /// ‖Av‖/‖v‖ after power iteration, where it was asked for: how much the upper bound may be too large.
  public let lower: Double?
  /// What the layer is and how it was bounded, for a reader.
  public let detail: String
}

/// An upper bound on the L2 Lipschitz constant of one residual block: ‖shortcut‖ + |scale| · ‖branch‖ of an explicit
/// one, 1 / (1 − scale · ‖branch‖) of an implicit one.
public struct BlockBound: Sendable, Hashable {
  public let name: String
  public let upper: Double
  public let shortcut: Double
  public let branch: Double
  public let branchScale: Double
}

/// Upper bounds on the L2 Lipschitz constants of a deployed network, from pixels in [0, 1] onwards.
///
/// They hold for the exact real function of the network's weights, and include all rounding of their own computation.
public struct NetworkBound: Sendable, Hashable {
  /// Pixels → logits, input normalisation included.
  public let upper: Double
  /// Pixels → features (what the last linear layer sees).
  public let featureUpper: Double
  /// Wall-clock time of the computation.
  public let seconds: Double
  /// The tight bound, where it was asked for and the network is small and plain enough.
  public let perceptron: PerceptronBound?
  /// One for each stage of the network's body.
  let body: [StageBound]
  let head: StageBound
  /// Pixels → z_y − z_j by y and j, where it was bounded by itself.
  let pairs: [[Double]]?
  /// By which the network is known again; see `DeployedNetwork.fingerprint()`.
  let fingerprint: [String]

  /// One bound a layer, in order of evaluation; those of a block's shortcut come before those of its branch.
  public var layers: [LayerBound] { (body + [head]).flatMap(\.layers) }

  /// One bound a residual block, in order of evaluation.
  public var blocks: [BlockBound] { body.flatMap(\.blocks) }

  /// The same with its constants multiplied: bounds of another function, or, below 1, unsound on purpose. It exists so
  /// that checks of certificates can be shown to catch a wrong bound.
  package func scaled(by factor: Double) -> NetworkBound {
    NetworkBound(
      upper: upper * factor, featureUpper: featureUpper * factor, seconds: seconds, perceptron: perceptron, body: body,
      head: head, pairs: pairs?.map { $0.map { $0 * factor } }, fingerprint: fingerprint)
  }

  /// Pixels → z_first − z_second, ‖w_first − w_second‖ being `distance`.
  func upper(between first: Int, and second: Int, distance: Double) -> Double {
    let rootOfTwo = 2.0.squareRootUp
    return min(distance.timesUp(featureUpper), upper.timesUp(rootOfTwo), pairs?[first][second] ?? .infinity)
  }
}
