import Foundation

extension DatasetSummary {
  /// A class this many times as large as another is a concern.
  static let greatestImbalance = 10.0

  /// Looks at every file of an image folder, or of a folder of domains. Decodes one image a thread at a time, so memory
  /// does not grow with their size.
  ///
  /// - Throws: `DataError` if the folder is not there or has no class folders. Whatever else is wrong is in the summary.
  public static func inspect(
    _ root: URL, options: ImageFolderOptions = ImageFolderOptions()
  ) throws -> DatasetSummary {
    let folder = try InspectedFolder(root, options: options)
    let headers = folder.files.map(\.content.header)
    let splits = folder.splits.indices.map { index in
      Split(
        name: folder.splits[index].name, files: folder.files.filter { $0.split == index }, classes: folder.classes.count
      )
    }
    let duplicates = DuplicateSearch(folder, options: options).duplicates()
    let constant = folder.files.filter(\.content.isConstant).map(\.path)
    return DatasetSummary(
      root: folder.root, hasSplits: folder.splits.contains { $0.part != "all" }, domains: folder.domains,
      classes: folder.classes, form: folder.form, splits: splits, sizes: sizeCounts(headers),
      storage: storageCounts(headers), skipped: folder.skipped.sorted { scalarOrder($0.path, $1.path) },
      warnings: folder.files.filter { !$0.content.warnings.isEmpty }.map {
        FileNote(path: $0.path, reason: $0.content.warnings)
      },
      constant: constant, duplicates: duplicates,
      concerns: concerns(splits, classes: folder.classes, duplicates: duplicates, constant: constant.count),
      problems: folder.problems)
  }

  private static func concerns(
    _ splits: [Split], classes: [String], duplicates: [Duplicate], constant: Int
  ) -> [String] {
    var concerns: [String] = []
    for split in splits {
      guard let imbalance = split.imbalance, imbalance > greatestImbalance,
        let most = split.imagesPerClass.indices.max(by: { split.imagesPerClass[$0] < split.imagesPerClass[$1] }),
        let least = split.imagesPerClass.indices.min(by: { split.imagesPerClass[$0] < split.imagesPerClass[$1] })
      else { continue }
      concerns.append(
        "\(split.name): class \(classes[most]) has \(split.imagesPerClass[most]) images and \(classes[least]) only "
          + "\(split.imagesPerClass[least])")
    }
    func note(_ count: Int, _ text: String) {
      if count > 0 { concerns.append("\(count) \(count == 1 ? "image is" : "images are") \(text)") }
    }
    note(duplicates.count { $0.acrossSplits }, "in both train and test: the test measures what was learned by heart")
    note(duplicates.count { $0.acrossClasses }, "in more than one class")
    note(constant, "of one colour")
    return concerns
  }

  private static func sizeCounts(_ headers: [PNGHeader]) -> [SizeCount] {
    Dictionary(grouping: headers) { [$0.width, $0.height] }
      .map { SizeCount(width: $0.key[0], height: $0.key[1], images: $0.value.count) }
      .sorted { ($1.images, $0.width, $0.height) < ($0.images, $1.width, $1.height) }
  }

  private static func storageCounts(_ headers: [PNGHeader]) -> [StorageCount] {
    Dictionary(grouping: headers) { "\($0.colorType) \($0.bitDepth) \($0.isInterlaced) \($0.hasTransparency)" }
      .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
      .map { _, group in
        StorageCount(
          colorType: "\(group[0].colorType)", bitDepth: group[0].bitDepth, isInterlaced: group[0].isInterlaced,
          hasTransparency: group[0].hasTransparency, images: group.count)
      }
  }
}

extension DatasetSummary.Split {
  fileprivate init(name: String, files: [InspectedFolder.File], classes: Int) {
    var perClass = [Int](repeating: 0, count: classes)
    for file in files { perClass[file.label] += 1 }
    let pixels = Double(files.reduce(0) { $0 + $1.content.pixelCount })
    let channels = files.first?.content.sums.count ?? 0
    // Whole numbers as long as possible: the result does not depend on the order of files.
    let sums = (0..<channels).map { k in Double(files.reduce(0) { $0 + $1.content.sums[k] }) }
    let squares = (0..<channels).map { k in Double(files.reduce(0) { $0 + $1.content.squares[k] }) }
    let means = sums.map { $0 / pixels }
    let (most, least) = (perClass.max() ?? 0, perClass.min() ?? 0)
    self.init(
      name: name, images: files.count, imagesPerClass: perClass,
      imbalance: least == 0 ? nil : Double(most) / Double(least), mean: means.map { $0 / 255 },
      standardDeviation: zip(squares, means).map { (max($0 / pixels - $1 * $1, 0)).squareRoot() / 255 })
  }
}
