import ImageData
import ResidualNets
import TorchCore

/// An experiment: everything that decides a run's result, except the machine.
public struct Configuration: Sendable, Hashable, Codable {
  public static let currentSchema = "steadfast.config/1"

  /// What the report calls the run.
  public var name: String
  public var seed: UInt64
  public var data: Data
  public var network: NetworkDescription
  public var strategy: Strategy
  public var training: Training
  public var evaluation: Evaluation
  public var compute: Compute
  public var checkpoints: Checkpoints
  /// The same experiment with some values changed, run beside it and reported with it.
  public var contrasts: [Contrast]
  /// Changes, written as for `--set`, that make of a short experiment the one it stands for; nil where there are none.
  public var full: [String]?

  public init() {
    name = "experiment"
    seed = 0
    data = Data()
    network = NetworkDescription()
    strategy = Strategy()
    training = Training()
    evaluation = Evaluation()
    compute = Compute()
    checkpoints = Checkpoints()
    contrasts = []
  }

  /// Which images, what their samples become, and how they become tasks.
  public struct Data: Sendable, Hashable, Codable {
    /// Where decoded images are kept.
    public enum Storage: String, Sendable, Hashable, Codable, CaseIterable {
      /// In memory, or of a large folder in the cache.
      case auto
      case memory
      /// In a file that is mapped into memory and used again by the next run.
      case cache
      /// Nowhere before they are asked for.
      case lazily
    }

    /// `ROOT/{train,test}/CLASS/*.png`, `ROOT/CLASS/*.png`, a folder of such domains, or a CSV manifest; relative paths
    /// are relative to the configuration file. Empty for a sequence, which names its folders itself.
    public var folder = ""
    /// What stored samples become.
    public var decoding = DecodingPolicy()
    /// How images become tasks.
    public var stream = StreamDescription()
    /// Of a folder without train and test: the share of each class held out for testing.
    public var testFraction = 0.2
    /// Of each class at most so many training images, the first by name; nil takes all.
    public var trainPerClass: Int?
    /// Whether one unreadable file ends the run.
    public var strict = false
    public var storage = Storage.auto
    /// The folder of cache files; empty for the user's own. Relative to the configuration file.
    public var cacheFolder = ""
  }

  public struct Compute: Sendable, Hashable, Codable {
    /// Torch's threads; 0 means one per core. Bits depend on it.
    public var threads = 0
    public var device = DeviceChoice.cpu
    /// Whether ranks learn the trunk, or what a strategy trains in its place, from each batch together; the bits then
    /// depend on how many there are.
    public var dataParallel = false
    public var precision = Precisions()
  }

  /// What networks compute in where nothing is judged; verdicts are in fp32, bounds and certificates in fp64.
  public struct Precisions: Sendable, Hashable, Codable {
    /// In steps that a trunk learns from.
    public var training = Precision.full
    /// Of a frozen trunk, where adapters and heads learn behind or within it.
    public var trunk = Precision.full
    /// Of attacks' searches.
    public var search = Precision.full

    public init() {}
  }

  public struct Checkpoints: Sendable, Hashable, Codable {
    /// Optimizer steps between checkpoints within a task; 0 means only after tasks.
    public var everySteps = 0
  }

  /// A named set of changes, each `a.b=value` as on the command line.
  public struct Contrast: Sendable, Hashable, Codable {
    public var name: String
    public var set: [String]

    public init(name: String, set: [String]) {
      self.name = name
      self.set = set
    }
  }
}
