/// What is in an image folder: counts, sizes, pixel statistics, damaged files and duplicates.
public struct DatasetSummary: Sendable, Hashable, Codable {
  /// One of train and test, or the whole folder where it has no splits; of each domain where it has domains.
  public struct Split: Sendable, Hashable, Codable {
    /// "train", "test" or "all"; with the domain and "/" before it where the folder has domains.
    public let name: String
    /// Readable images.
    public let images: Int
    /// Readable images by class, in the order of `classes`.
    public let imagesPerClass: [Int]
    /// How many times as large as the smallest class the largest one is; nil where the smallest is empty.
    public let imbalance: Double?
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
    /// Whether they are in different domains.
    public let acrossDomains: Bool
  }

  public let root: String
  public let hasSplits: Bool
  /// The domains of `ROOT/DOMAIN/{train,test}/CLASS`; empty for a folder without.
  public let domains: [String]
  public let classes: [String]
  /// The form of the statistics: gray if every file is stored gray, else RGB.
  public let form: PixelForm
  public let splits: [Split]
  /// By falling count.
  public let sizes: [SizeCount]
  /// By falling count.
  public let storage: [StorageCount]
  /// Entries left out, each with the reason: damaged files, other files, links that lead out of the folder. Together
  /// with the images of the splits they are all that is there, but for hidden files and files outside the class
  /// folders.
  public let skipped: [FileNote]
  /// Files that decode, and in which libpng found something odd.
  public let warnings: [FileNote]
  /// Images of one colour, by path.
  public let constant: [String]
  public let duplicates: [Duplicate]
  /// What loading accepts and training may suffer from, as sentences without a full stop.
  public let concerns: [String]
  /// Why `ImageFolder.load` would refuse the folder; empty if it would not.
  public let problems: [String]
}
