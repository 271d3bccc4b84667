import Foundation
import RandomStreams

/// Divides `ROOT/CLASS/*.png` into `TARGET/{train,test}/CLASS/*.png`.
public enum DatasetSplit {
  /// The shares of each class.
  public struct Fractions: Sendable, Hashable, Codable {
    public var train: Double
    public var test: Double

    /// Both above 0, together at most 1; what is left of 1 is left out.
    public init(train: Double, test: Double) {
      self.train = train
      self.test = test
    }
  }

  /// Copies every readable file unchanged, byte by byte, to one side, stratified by class.
  ///
  /// Files whose pixels are the same, once decoded as a folder is, always go to the same side, so that no test image
  /// was trained on. Images that only resemble each other are not recognised. Images that stand in several classes go
  /// to train. Which files are chosen depends on the seed, the classes and the order of names, on nothing else. Links
  /// out of the folder are not followed.
  /// - Parameter options: how files are compared, and the threads and progress; the test share and seed of it are unused.
  /// - Throws: `DataError` if the folder is divided already, the shares make no sense, a class has too few different images
  ///   to give one to each side, the target exists and is not empty, or is the source or inside it, or
  ///   writing fails.
  public static func write(
    _ source: URL, to target: URL, fractions: Fractions, seed: UInt64,
    options: ImageFolderOptions = ImageFolderOptions()
  ) throws -> DatasetSplitSummary {
    let (train, test) = (fractions.train, fractions.test)
    guard train > 0, test > 0, train + test <= 1 + 1e-9 else {
      throw DataError(
        code: .badData, path: source.path, reason: "shares of \(train) and \(test)",
        advice: "Both must be above 0, and together at most 1.")
    }
    try FolderLayout.requireClasses(source)
    guard try !FolderListing(source).hasSplits else {
      throw DataError(
        code: .badData, path: source.path, reason: "divided into train and test already",
        advice: "Name a folder that holds the class folders themselves.")
    }
    let staged = try StagedFolder(target, source: source)
    // Every file is read twice: to find what is the same, and to copy it.
    let folder = try InspectedFolder(source, options: options, passes: 2)
    let groups = DuplicateSearch(folder, options: options).groups()
    let sides = try GroupedSplit(folder, groups: groups, fractions: fractions, seed: seed).sides()
    let names = ["train", "test"]
    for name in names {
      for folderName in folder.classes { try staged.makeFolder("\(name)/\(folderName)") }
    }
    try FileWorkers(threads: options.threads).forEach(folder.files.count) { reader, index in
      defer { folder.progress.add() }
      guard let side = sides[index] else { return }
      let file = folder.files[index]
      try reader.withContent(of: folder.root + "/" + file.path, limit: options.limits.maximumFileBytes) {
        try staged.write($0, to: "\(names[side])/\(file.path)")
      }
    }
    folder.progress.finish()
    try staged.commit()
    return DatasetSplitSummary(folder, groups: groups, sides: sides)
  }
}

/// Where the files of a divided folder went.
public struct DatasetSplitSummary: Sendable, Hashable, Codable {
  public struct ClassCount: Sendable, Hashable, Codable {
    public let name: String
    public let train: Int
    public let test: Int
    /// Readable, but beyond both shares.
    public let leftOut: Int
  }

  public let classes: [ClassCount]
  /// Groups of files with the same pixels, each of which went to one side as a whole, by path.
  public let groups: [[String]]
  /// Files that were not copied because they are damaged or no images, each with the reason.
  public let skipped: [FileNote]

  init(_ folder: InspectedFolder, groups: [[Int]], sides: [Int?]) {
    var counts = [[Int]](repeating: [0, 0, 0], count: folder.classes.count)
    for (file, side) in zip(folder.files, sides) { counts[file.label][side ?? 2] += 1 }
    classes = zip(folder.classes, counts).map { ClassCount(name: $0, train: $1[0], test: $1[1], leftOut: $1[2]) }
    self.groups = groups.filter { $0.count > 1 }.map { $0.map { folder.files[$0].path } }
    skipped = folder.skipped.sorted { scalarOrder($0.path, $1.path) }
  }
}
