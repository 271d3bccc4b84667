import Results

extension AttackKind {
  /// What of an attack's effort the user may set.
  public enum Effort: String, Sendable, Hashable, CaseIterable {
    /// Iterations of a start.
    case steps
    /// Starts.
    case restarts
    /// Forward passes an image.
    case queries

    /// Fewer leave nothing to look with: some forward passes are kept for verdicts.
    public var least: Int { self == .queries ? 4 : 1 }
  }

  /// How much of everything an attack may spend; only what the kind has an effort for counts.
  public struct Efforts: Sendable, Hashable, Codable {
    private var values: [String: Int] = [:]

    /// - Parameters: nil leaves it open.
    public init(steps: Int? = nil, restarts: Int? = nil, queries: Int? = nil) {
      self[.steps] = steps
      self[.restarts] = restarts
      self[.queries] = queries
    }

    public subscript(effort: Effort) -> Int? {
      get { values[effort.rawValue] }
      set { values[effort.rawValue] = newValue }
    }
  }
}
