import OperatorNorms

/// A network's L2 Lipschitz bound as a product: what every layer and block multiplies it by, so that a reader sees
/// where it comes from, and what shortcuts save.
public struct LipschitzLedger: Sendable, Hashable, Codable {
  /// From pixels to features, in order of evaluation.
  public let body: [LedgerEntry]
  /// The layer from features to logits.
  public let head: LedgerEntry
  /// The network's bound, pixels → logits.
  public let upper: Double
  /// Pixels → features.
  public let featureUpper: Double

  public init(_ bound: NetworkBound) {
    body = bound.body.map(LedgerEntry.init)
    head = LedgerEntry(bound.head)
    upper = bound.upper
    featureUpper = bound.featureUpper
  }

  public var entries: [LedgerEntry] { body + [head] }

  /// The product of all factors, each product rounded up to a neighbouring double: ``upper`` itself where the network
  /// is bounded by composition.
  public var product: Double { entries.product }

  /// ``upper`` / ``product``: what is known of the network beyond its parts. 1 of a bound by composition.
  public var remainder: Double { product == upper ? 1 : upper / product }

  /// The bound as a plain chain of operators; see ``LedgerEntry/chain``. Nil where it is infinite.
  public var chain: Double? { entries.chain.isFinite ? entries.chain : nil }

  /// The bound of the plain twin; see ``LedgerEntry/plain``. Nil where it is infinite.
  public var plain: Double? { entries.plain.isFinite ? entries.plain : nil }
}
