import Foundation

/// How files of other formats are understood, and written as folders of PNG files.
public struct ImportOptions: Sendable {
  /// The order of axes of an array of N images.
  public enum Layout: String, Sendable, Hashable, Codable, CaseIterable {
    /// N × height × width: gray.
    case gray = "nhw"
    /// N × height × width × channels.
    case channelsLast = "nhwc"
    /// N × channels × height × width.
    case channelsFirst = "nchw"
  }

  /// Two arrays that belong together.
  public struct Arrays: Sendable, Hashable, Codable {
    /// What the set is called: "train", "val" or "test"; or "all" where there is no other.
    public var set: String
    /// The names of the arrays in the archive or folder.
    public var images: String
    public var labels: String

    public init(set: String, images: String, labels: String) {
      self.set = set
      self.images = images
      self.labels = labels
    }
  }

  /// Names of the classes by label; nil: those of the source, or the labels themselves.
  public var classNames: [String]?
  /// The axes of arrays; nil: what their shape says, and an error where it fits two layouts.
  public var layout: Layout?
  /// Which arrays to read; nil: those of well-known names.
  public var arrays: [Arrays]?
  /// Most images encoded at once.
  public var threads: Int
  /// Most images of one set; 10 million unless said. Bounds the memory for labels, whatever a header claims.
  public var maximumImages: Int
  /// Called as (images written, images in all), one call at a time.
  public var progress: (@Sendable (Int, Int) -> Void)?

  public init(
    classNames: [String]? = nil, layout: Layout? = nil, arrays: [Arrays]? = nil,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount, maximumImages: Int = 10_000_000,
    progress: (@Sendable (Int, Int) -> Void)? = nil
  ) {
    self.classNames = classNames
    self.layout = layout
    self.arrays = arrays
    self.threads = threads
    self.maximumImages = maximumImages
    self.progress = progress
  }
}
