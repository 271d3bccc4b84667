/// What an export has written.
public struct DatasetExportSummary: Sendable, Hashable, Codable {
  public struct Set: Sendable, Hashable, Codable {
    /// "train", "test", or "all" where the folder has no splits.
    public let name: String
    public let images: Int
  }

  public struct Label: Sendable, Hashable, Codable {
    /// Of the class.
    public let name: String
    /// The number that stands for it in the files.
    public let label: Int
  }

  /// Names of the files in the target, or of the target where it is a file itself.
  public let files: [String]
  public let sets: [Set]
  /// Of every image, as written.
  public let shape: ImageShape
  /// In the order of the classes' names.
  public let labels: [Label]
  /// What was changed on the way, as sentences without a full stop.
  public let notes: [String]
  /// Files that were left out because they are damaged or no images, each with the reason.
  public let skipped: [FileNote]

  init(files: [String], _ images: ExportImages) {
    self.files = files
    sets = images.sets.map { Set(name: $0.name, images: $0.images.count) }
    shape = images.shape
    labels = zip(images.classes, images.labels.numbers).map { Label(name: $0, label: $1) }
    notes = images.notes
    skipped = images.skipped
  }
}
