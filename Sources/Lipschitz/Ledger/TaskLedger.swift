import OperatorNorms
import ResidualNets
import TorchCore

/// One task's part in a run's bounds: what its trunk brings, what its adapter added, what the adapter may still add,
/// and whether what was certified earlier stands.
public struct TaskLedger: Sendable, Hashable, Codable {
  public let task: String
  /// Of the network as it is deployed: adapter merged, norms folded.
  public let network: LipschitzLedger
  /// Of the same trunk, expansion and head without the adapter: pixels → logits.
  public let trunk: LipschitzLedger
  /// What the adapter must keep: an upper bound on pixels → features of any network that training it under its budget
  /// can lead to. Nil without an adapter, without a budget, and behind an expansion of the features.
  public let statedFeatureUpper: Double?
  /// Pixels → logits when this task's certificates were issued; nil where none were.
  public let issuedUpper: Double?
  public let standing: Standing

  /// - Parameter certified: the bound behind the certificates that were issued for this task; nil where none were.
  /// - Throws: ``LipschitzError`` naming the first layer without a bound, `DescriptionError`, `TorchError`.
  public init(task: String, _ network: TaskNetwork, certified: IssuedBound? = nil) throws {
    let deployed = try network.deployed()
    try self.init(task: task, network, deployed, bound: deployed.lipschitzBound(), certified: certified)
  }

  /// The same of a network that is deployed and bounded already.
  /// - Parameters:
  ///   - deployed: of `network`.
  ///   - bound: of `deployed`.
  /// - Throws: as above, and where the bound is another network's.
  public init(
    task: String, _ network: TaskNetwork, _ deployed: DeployedNetwork, bound: NetworkBound,
    certified: IssuedBound? = nil
  ) throws {
    try deployed.requireIdentity(with: bound)
    self.task = task
    self.network = LipschitzLedger(bound)
    if let adapter = network.adapter {
      let alone = TaskNetwork(
        trunk: network.trunk, adapter: nil, expansion: network.expansion, head: network.head)
      trunk = try LipschitzLedger(alone.deployed().lipschitzBound())
      let isStated = adapter.description.budget != nil && network.expansion == nil
      statedFeatureUpper = isStated ? try network.trunk.statedFeatureBound(for: adapter.description) : nil
    } else {
      trunk = self.network
      statedFeatureUpper = nil
    }
    issuedUpper = certified?.upper
    standing = try certified.map { try Standing(of: $0, for: deployed) } ?? .notCompared
  }

  /// What the adapter multiplies the bound by. Below 1 where it narrows what the trunk does, as norms of its own may.
  /// Nil where the trunk's bound is 0.
  public var adapterFactor: Double? { trunk.upper > 0 ? network.upper / trunk.upper : nil }

  /// What more it may multiply the bound by under its budget, at least 1; nil where nothing is stated, or the bound is
  /// 0.
  public var headroom: Double? {
    network.featureUpper > 0 ? statedFeatureUpper.map { max(1, $0 / network.featureUpper) } : nil
  }

  /// Where in the network the adapter's part arose.
  public struct Addition: Sendable, Hashable, Codable {
    public let name: String
    /// The stage's factor without the adapter; 1 of a stage that the adapter brought.
    public let trunk: Double
    public let adapted: Double
  }

  /// The stages whose factor the adapter changed, in order. A stage is known by its name.
  public var additions: [Addition] {
    let before = Dictionary(trunk.entries.map { ($0.name, $0.factor) }, uniquingKeysWith: { first, _ in first })
    return network.entries.compactMap { entry in
      let old = before[entry.name] ?? 1
      return old == entry.factor ? nil : Addition(name: entry.name, trunk: old, adapted: entry.factor)
    }
  }
}
