/// What is kept of a bound that certificates were issued with: enough to tell later whether they stand.
public struct IssuedBound: Sendable, Hashable, Codable {
  /// Pixels → logits.
  public let upper: Double
  /// Of the network as it was certified; see `DeployedNetwork.fingerprint()`.
  let fingerprint: [String]

  public init(_ bound: NetworkBound) {
    upper = bound.upper
    fingerprint = bound.fingerprint
  }
}
