/// Where a task's Lipschitz bound comes from, what its adapter made of it, and whether what was certified when the task
/// was learned still holds.
public struct LedgerRecord: Sendable, Equatable, Codable {
  /// What a layer or block multiplies the bound by.
  public struct Entry: Sendable, Equatable, Codable {
    public var name: String
    /// Absent where it is not finite.
    public var factor: Double?
    /// The branch's part of a residual block's factor, in [0, 1]; absent of a layer.
    public var branchShare: Double?
    /// The factor without the task's adapter (1 of a stage that the adapter brought); absent where it is the same.
    public var trunk: Double?

    public init(name: String, factor: Double, branchShare: Double? = nil, trunk: Double? = nil) {
      self.name = name
      self.factor = Optional(factor).finite
      self.branchShare = branchShare
      self.trunk = trunk.finite
    }
  }

  /// Whether the network is the one that was certified when the task was learned.
  public enum Standing: String, Sendable, Codable, CaseIterable {
    /// Bit for bit.
    case stands
    /// Another number somewhere: ``LedgerRecord/changedStage`` says where first.
    case changed
    /// No bound was kept: there was none, or an earlier version made the run.
    case notCompared
  }

  /// Layers and blocks in order, the head last: their product is the bound.
  public var entries: [Entry]
  /// The bound as a plain chain of operators, and that of the network without its shortcuts; absent where infinite.
  public var chain: Double?
  public var plain: Double?
  /// The bound without the task's adapter, what the adapter multiplies it by, and by how much more it may under its
  /// budget; absent without an adapter, and the last without a budget.
  public var trunk: Double?
  public var adapterFactor: Double?
  public var headroom: Double?
  /// The bound that the task's certificates were issued with when it was learned; absent where none was kept.
  public var issued: Double?
  public var standing: Standing
  /// The first stage that is not what was certified.
  public var changedStage: String?

  public init(
    entries: [Entry], chain: Double? = nil, plain: Double? = nil, trunk: Double? = nil, adapterFactor: Double? = nil,
    headroom: Double? = nil, issued: Double? = nil, standing: Standing = .notCompared, changedStage: String? = nil
  ) {
    self.entries = entries
    self.chain = chain.finite
    self.plain = plain.finite
    self.trunk = trunk.finite
    self.adapterFactor = adapterFactor.finite
    self.headroom = headroom.finite
    self.issued = issued.finite
    self.standing = standing
    self.changedStage = changedStage
  }

  /// What contradicts itself; nil where nothing does.
  var defect: String? {
    let figures = entries.flatMap { [$0.factor, $0.trunk] } + [chain, plain, trunk, adapterFactor, headroom, issued]
    if let wrong = figures.compactMap(\.self).first(where: { $0 < 0 }) { return "\(wrong) is no factor or bound" }
    if let wrong = entries.compactMap(\.branchShare).first(where: { !(0...1).contains($0) }) {
      return "\(wrong) is no share"
    }
    return (standing == .changed) == (changedStage != nil)
      ? nil : "'\(standing.rawValue)' and the stage that changed do not go together"
  }
}

extension [LipschitzRecord] {
  /// Of the tasks whose certificates were compared, how many still stand; nil where none was compared.
  public var standing: Tally? {
    let compared = compactMap(\.ledger?.standing).filter { $0 != .notCompared }
    return compared.isEmpty ? nil : Tally(compared.map { $0 == .stands })
  }
}
