/// Several strategies, each trained with several seeds, schema `steadfast.grid/1`: what grid.json holds and its table
/// is made from.
public struct GridRecord: Sendable, Hashable, Codable {
  public static let currentSchema = "steadfast.grid/1"

  public var schema = GridRecord.currentSchema
  public var name: String
  /// What is compared; the first is the configuration itself.
  public var variants: [Variant]
  public var seeds: [UInt64]
  /// What was measured, in order.
  public var metrics: [GridMetric]
  /// One for each variant and seed, by variant.
  public var cells: [GridCell]
  /// What each seed made of the images, where a cell of it is finished.
  public var orders: [Order]
  public var summaries: [Summary]
  public var comparisons: [Comparison]
  /// Resolved, YAML; each cell has its own.
  public var configuration: String

  public struct Variant: Sendable, Hashable, Codable {
    /// Also the name of its folder.
    public var name: String
    /// How the tasks were learned: `adapters`, `fine-tuning`, …
    public var strategy: String
    /// What differs from the first variant, as on the command line.
    public var changes: [String]

    public init(name: String, strategy: String, changes: [String] = []) {
      self.name = name
      self.strategy = strategy
      self.changes = changes
    }
  }

  /// The tasks as one seed deals them, the same for all variants.
  public struct Order: Sendable, Hashable, Codable {
    public var seed: UInt64
    /// The names of each task's classes.
    public var tasks: [[String]]
    /// In words, a line each.
    public var stream: [String]

    public init(seed: UInt64, tasks: [[String]], stream: [String]) {
      self.seed = seed
      self.tasks = tasks
      self.stream = stream
    }
  }

  /// One metric of one variant, over the seeds that finished.
  public struct Summary: Sendable, Hashable, Codable {
    public var variant: String
    public var metric: String
    public var n: Int
    public var mean: Double
    /// The sample standard deviation; nil of one seed.
    public var deviation: Double?
    /// The 95 % Student-t interval of the mean; nil of one seed.
    public var interval: Interval?
  }

  /// One metric of two variants, over the seeds that both finished.
  public struct Comparison: Sendable, Hashable, Codable {
    public var metric: String
    public var variant: String
    /// What it is compared with: the first variant, or the best by this metric's mean.
    public var reference: String
    public var n: Int
    /// The mean over seeds of the variant's figure minus the reference's.
    public var difference: Double
    /// The 95 % Student-t interval of the mean difference; nil of one seed.
    public var interval: Interval?
    /// Of the exact two-sided sign-flip test, ``SignFlipTest``.
    public var pValue: Double?
  }
}

/// One variant with one seed.
public struct GridCell: Sendable, Hashable, Codable {
  public enum Status: String, Sendable, Hashable, Codable {
    case finished, failed
    /// Not begun, interrupted, or being worked on.
    case open
  }

  public var variant: String
  public var seed: UInt64
  /// The run folder, seen from the grid's.
  public var folder: String
  public var status: Status
  /// Why it failed.
  public var reason: String?
  /// By the id of the metric; none unless it is finished.
  public var figures: [String: Double]
  /// What no sound run can show, in words.
  public var brokenProofs: [String]

  public init(
    variant: String, seed: UInt64, folder: String, status: Status, reason: String? = nil,
    figures: [String: Double] = [:], brokenProofs: [String] = []
  ) {
    self.variant = variant
    self.seed = seed
    self.folder = folder
    self.status = status
    self.reason = reason
    self.figures = figures
    self.brokenProofs = brokenProofs
  }
}
