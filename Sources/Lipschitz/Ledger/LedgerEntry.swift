import OperatorNorms

/// What one layer or block of a network multiplies its Lipschitz bound by, and two figures to hold beside it.
public struct LedgerEntry: Sendable, Hashable, Codable {
  public let name: String
  /// What it is and how it was bounded, for a reader.
  public let detail: String
  /// Its own bound, by which it enters the product.
  public let factor: Double
  /// The bound of the same operations as a plain chain of operators, the shortcut's structure unused: a block is
  /// h ↦ (h, h) ↦ (S h, αF h) ↦ S h + αF h, and the three have the norms √2, max(‖S‖, |α|‖F‖) and √2. Never below
  /// ``factor``, but for rounding; nil where it is infinite.
  public let chain: Double?
  /// The bound of the plain twin, whose block is h ↦ αF(h): the product of the branch's layers, without the shortcut.
  /// It bounds another function. Never above ``factor``; nil where it is infinite.
  public let plain: Double?
  /// What a block is made of; nil of a layer.
  public let block: Block?

  /// The two ways through a residual block.
  public struct Block: Sendable, Hashable, Codable {
    /// Whether it is a root z = h + αF(z), bounded by 1 / (1 − |α|‖F‖), and not ‖S‖ + |α|‖F‖.
    public let isImplicit: Bool
    /// ‖S‖, the product of its entries; 1 of an identity.
    public let shortcut: Double
    /// ‖F‖, the product of its entries.
    public let branch: Double
    /// α.
    public let branchScale: Double
    /// How much of the block's bound its branch makes: 1 − ‖S‖ / factor. In [0, 1].
    public let branchShare: Double
    public let shortcutEntries: [LedgerEntry]
    public let branchEntries: [LedgerEntry]
  }
}

extension LedgerEntry {
  init(_ bound: StageBound) {
    switch bound.kind {
    case .layer(_, _, let detail):
      self.init(name: bound.name, detail: detail, factor: bound.upper, chain: bound.upper, plain: bound.upper)
    case .residual(let shortcut, let branch, let scale):
      let carried = shortcut.map(LedgerEntry.init)
      let added = branch.map(LedgerEntry.init)
      self.init(
        name: bound.name, detail: "‖shortcut‖ + |scale|·‖branch‖", factor: bound.upper,
        chain: 2 * max(carried.chain, added.chain.timesUp(abs(scale))), plain: added.plain.timesUp(abs(scale)),
        block: Block(
          isImplicit: false, bound.upper, shortcut: shortcut.composed, branch: branch.composed, scale, carried, added))
    case .implicit(let branch, let step):
      let added = branch.map(LedgerEntry.init)
      let reach = added.chain.timesUp(abs(step))
      self.init(
        name: bound.name, detail: "1/(1 − |scale|·‖branch‖)", factor: bound.upper,
        chain: reach < 1 ? (1 / (1 - reach).nextDown).nextUp : .infinity, plain: added.plain.timesUp(abs(step)),
        block: Block(isImplicit: true, bound.upper, shortcut: 1, branch: branch.composed, step, [], added))
    }
  }

  private init(name: String, detail: String, factor: Double, chain: Double, plain: Double, block: Block? = nil) {
    self.name = name
    self.detail = detail
    self.factor = factor
    self.chain = chain.isFinite ? chain : nil
    self.plain = plain.isFinite ? plain : nil
    self.block = block
  }
}

extension LedgerEntry.Block {
  fileprivate init(
    isImplicit: Bool, _ factor: Double, shortcut: Double, branch: Double, _ scale: Double, _ carried: [LedgerEntry],
    _ added: [LedgerEntry]
  ) {
    self.isImplicit = isImplicit
    self.shortcut = shortcut
    self.branch = branch
    branchScale = scale
    // A block of bound 0 is made of nothing.
    branchShare = factor > 0 ? min(1, max(0, 1 - shortcut / factor)) : 0
    shortcutEntries = carried
    branchEntries = added
  }
}

extension [LedgerEntry] {
  /// The product of the entries' factors, rounded up; 1 of none.
  public var product: Double { reduce(1) { $0.timesUp($1.factor) } }

  /// The same of the plain chain of operators; infinite where an entry has none.
  var chain: Double { reduce(1) { $0.timesUp($1.chain ?? .infinity) } }

  /// The same of the plain twin.
  var plain: Double { reduce(1) { $0.timesUp($1.plain ?? .infinity) } }
}
