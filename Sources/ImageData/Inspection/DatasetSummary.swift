/// What is in an image folder: counts, sizes, pixel statistics, damaged files and duplicates.
public struct DatasetSummary: Sendable, Hashable, Codable {
  /// One of train and test, or the whole folder where it has no splits.
  public struct Split: Sendable, Hashable, Codable {
    /// "train", "test" or "all".
    public let name: String
    /// Readable images.
    public let images: Int
    /// Readable images by class, in the order of `classes`.
    public let imagesPerClass: [Int]
    /// Mean of each channel over all pixels, in [0, 1]; empty without images.
    public let mean: [Double]
    /// Standard deviation of each channel over all pixels (not the sample's n − 1), in [0, 1].
    public let standardDeviation: [Double]
  }

  public struct SizeCount: Sendable, Hashable, Codable {
    public let width: Int
    public let height: Int
    public let images: Int
  }

  /// How pixels are stored, and in how many files.
  public struct StorageCount: Sendable, Hashable, Codable {
    public let colorType: String
    public let bitDepth: Int
    public let isInterlaced: Bool
    public let hasTransparency: Bool
    public let images: Int
  }

  /// Files with the same pixels, once decoded to `form`.
  public struct Duplicate: Sendable, Hashable, Codable {
    public let paths: [String]
    /// Whether some are train and some test images: what the test measures then was seen in training.
    public let acrossSplits: Bool
    /// Whether they carry different labels.
    public let acrossClasses: Bool
  }

  public let root: String
  public let hasSplits: Bool
  public let classes: [String]
  /// The form of the statistics: gray if every file is stored gray, else RGB.
  public let form: PixelForm
  public let splits: [Split]
  /// By falling count.
  public let sizes: [SizeCount]
  /// By falling count.
  public let storage: [StorageCount]
  /// Files left out, each with the reason.
  public let skipped: [SkippedFile]
  /// Files that decode, and in which libpng found something odd.
  public let warnings: [SkippedFile]
  public let duplicates: [Duplicate]
  /// Why `ImageFolder.load` would refuse the folder; empty if it would not.
  public let problems: [String]
}
