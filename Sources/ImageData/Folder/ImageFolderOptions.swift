import Foundation

/// How an image folder is read.
public struct ImageFolderOptions: Sendable {
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
  /// Called as (files decoded, files in all), one call at a time, from the threads that decode.
  public var progress: (@Sendable (Int, Int) -> Void)?
  /// How large one file may be.
  public var limits: PNGLimits
  /// How many bytes the decoded images may take together.
  public var maximumBytes: Int

  public init(
    decoding: DecodingPolicy = DecodingPolicy(), strict: Bool = false,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount, testFraction: Double = 0.2, seed: UInt64 = 0,
    progress: (@Sendable (Int, Int) -> Void)? = nil, limits: PNGLimits = PNGLimits(), maximumBytes: Int = 8 << 30
  ) {
    self.decoding = decoding
    self.strict = strict
    self.threads = threads
    self.testFraction = testFraction
    self.seed = seed
    self.progress = progress
    self.limits = limits
    self.maximumBytes = maximumBytes
  }
}
