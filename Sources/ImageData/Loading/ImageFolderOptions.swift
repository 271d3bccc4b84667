import Foundation

/// How an image folder is read.
public struct ImageFolderOptions: Sendable {
  /// Where pixels are kept.
  public enum Storage: Sendable, Hashable {
    /// All in memory, decoded at every load.
    case memory
    /// In a file of this folder (usually `CacheStore.standard`), decoded once: later loads decode only files that are
    /// new or changed. The file is mapped, so that memory holds no more of it than there is room for.
    case cache(URL)
    /// In the images' own files until they are asked for; each is decoded once a process. Damaged pixels are an error
    /// then instead of a file left out now, so a folder should have been loaded another way, or inspected, before.
    case lazily
    /// In memory, or from `manyFiles` files on in a cache in this folder.
    case automatic(URL)

    /// Fewer files are decoded again faster than it is worth to keep a file of them.
    public static let manyFiles = 10_000
  }

  /// What stored samples become.
  public var decoding: DecodingPolicy
  /// Whether any file left out is an error.
  public var strict: Bool
  /// Most files decoded at once.
  public var threads: Int
  /// For a folder without train and test: the share of each class that becomes test images, above 0 and below 1.
  public var testFraction: Double
  /// For a folder without train and test: decides which images those are.
  public var seed: UInt64
  /// Of each class of a folder at most so many training images, the first by name; nil takes all. All are read, so that
  /// a cache serves any number.
  public var trainPerClass: Int?
  /// Called as (files decoded or found in the cache, files in all), one call at a time, from the threads that decode.
  public var progress: (@Sendable (Int, Int) -> Void)?
  /// How large one file may be.
  public var limits: PNGLimits
  /// How many bytes the decoded images may take together in memory; neither a cache nor lazy storage needs them there.
  public var maximumBytes: Int
  /// Where pixels are kept.
  public var storage: Storage

  public init(
    decoding: DecodingPolicy = DecodingPolicy(), strict: Bool = false,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount, testFraction: Double = 0.2, seed: UInt64 = 0,
    trainPerClass: Int? = nil, progress: (@Sendable (Int, Int) -> Void)? = nil, limits: PNGLimits = PNGLimits(),
    maximumBytes: Int = 8 << 30,
    storage: Storage = .memory
  ) {
    self.decoding = decoding
    self.strict = strict
    self.threads = threads
    self.testFraction = testFraction
    self.seed = seed
    self.trainPerClass = trainPerClass
    self.progress = progress
    self.limits = limits
    self.maximumBytes = maximumBytes
    self.storage = storage
  }
}
