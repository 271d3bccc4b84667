/// What a task adds beside a frozen trunk, as a value.
public struct AdapterDescription: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// W x + s·A x beside every layer (Rebuffi et al. 2018).
    case parallel
    /// y + s·A y behind every layer, y = W x + b (Rebuffi et al. 2017).
    case series
    /// z + s·U φ(D z) behind the trunk's features, which are computed once.
    case side
  }

  public var kind: Kind
  /// The rank of every A; nil gives convolutions an A of full rank, and linear layers and side paths ``usualRank``. A
  /// rank above what a layer's size allows counts as that.
  public var rank: Int?
  /// s.
  public var scale: Double
  /// c: every correction keeps ‖s·A‖ ≤ c (of a side path: |s|·‖U‖·‖D‖ ≤ c), and the task has no norms of its own, so
  /// that the bound of the adapted network can be stated before it is trained. Nil leaves the corrections free.
  public var budget: Double?
  /// How many blocks a side path has.
  public var depth: Int

  public static let usualRank = 8
  /// Largest rank and depth: what a file may claim.
  static let largestRank = 4096
  static let largestDepth = 64

  public init(
    kind: Kind = .parallel, rank: Int? = nil, scale: Double = 1, budget: Double? = nil, depth: Int = 2
  ) {
    self.kind = kind
    self.rank = rank
    self.scale = scale
    self.budget = budget
    self.depth = depth
  }

  /// - Throws: `DescriptionError` that says which value does not fit and what would.
  public func validate() throws {
    guard rank.map({ (1...Self.largestRank).contains($0) }) ?? true else {
      throw DescriptionError("the adapter's rank must be 1 to \(Self.largestRank), or null, not \(rank ?? 0)")
    }
    guard scale.isFinite, scale != 0, abs(scale) <= 1e6 else {
      throw DescriptionError("the adapter's scale must be a number other than 0, at most 1e6, not \(scale)")
    }
    guard budget.map({ $0 > 0 && $0 <= 1e6 }) ?? true else {
      throw DescriptionError("the adapter's budget must be above 0 and at most 1e6, or null, not \(budget ?? 0)")
    }
    guard (1...Self.largestDepth).contains(depth) else {
      throw DescriptionError(
        "the adapter's depth counts the blocks of a side path, 1 to \(Self.largestDepth), not \(depth)")
    }
  }

  /// The rank of one layer's A; nil for a full matrix.
  func rank(inputs: Int, outputs: Int, isConvolution: Bool) -> Int? {
    (rank ?? (isConvolution ? nil : Self.usualRank)).map { min($0, inputs, outputs) }
  }

  /// What one correction's ‖A‖ may be, where ‖s·A‖ ≤ c.
  var matrixBudget: Double? { budget.map { $0 / abs(scale) } }
}
