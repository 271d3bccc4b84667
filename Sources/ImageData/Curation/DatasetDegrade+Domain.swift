extension DatasetDegrade {
  /// What becomes of the images of one domain.
  public enum Domain: Sendable, Hashable {
    /// Nothing: the images as they are, beside degraded ones.
    case none
    case degraded(Degradation)

    /// From "none" or the name of a degradation, as "gaussian-noise/3".
    ///
    /// - Throws: `DataError` if there is no such kind or severity.
    public init(_ name: String) throws {
      self = name == "none" ? .none : .degraded(try Degradation(name))
    }

    /// The name of its folder: `none` or `gaussian-noise-3`.
    public var folder: String { degradation.map { "\($0.kind.rawValue)-\($0.severity)" } ?? "none" }

    var degradation: Degradation? {
      switch self {
      case .none: nil
      case .degraded(let degradation): degradation
      }
    }
  }
}
