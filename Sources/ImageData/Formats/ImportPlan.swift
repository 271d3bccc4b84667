import Foundation

/// What was found, and what will become of it.
public struct ImportPlan: Sendable, CustomStringConvertible {
  /// The file or folder that was looked at.
  public let source: URL
  /// "IDX", "CIFAR-10", "npz" and so on.
  public let format: String
  /// What will be written. Where train and test are both there, each becomes a folder of that name; else the one set's
  /// classes stand directly in the target.
  public let sets: [ImportedSet]
  /// The folder of each class, by label. Their order by name is that of the labels.
  public let classFolders: [String]
  /// What else should be known, as sentences without a full stop.
  public let notes: [String]
  let options: ImportOptions

  /// Of every image, as it will be written.
  public var shape: ImageShape { sets[0].shape }

  var hasSplits: Bool { sets.count == 2 }

  /// - Throws: `DataError` if labels or class names make no sense, or sets do not fit together.
  init(
    source: URL, format: String, sets: [ImportedSet], notes: [String], options: ImportOptions
  ) throws {
    func fault(_ reason: String, _ advice: String = "") -> DataError {
      DataError(code: .badData, path: source.path, reason: reason, advice: advice)
    }
    var notes = notes
    var kept = sets
    if sets.contains(where: { $0.name == "train" }), let index = kept.firstIndex(where: { $0.name == "val" }) {
      notes.append("\(kept[index].count) validation images are left out: they are for choosing between models")
      kept.remove(at: index)
    }
    if kept.count > 1, Set(kept.map(\.name)) != ["train", "test"] || kept.count > 2 {
      let names = kept.map(\.name).joined(separator: ", ")
      throw fault("sets named \(names), where one, or train and test, can be written")
    }
    if kept.count == 2, kept[0].shape != kept[1].shape {
      throw fault("\(kept[0].name) has \(kept[0].shape), but \(kept[1].name) has \(kept[1].shape)")
    }
    kept.sort { $0.name > $1.name }
    for note in kept.flatMap(\.notes) where !notes.contains(note) { notes.append(note) }
    if kept.count == 1 { notes.append("one set without a split: class folders stand directly in the target") }
    classFolders = try Self.folders(of: kept, options.classNames, fault)
    self.source = source
    self.format = format
    self.sets = kept
    self.notes = notes
    self.options = options
  }

  private static func folders(
    of sets: [ImportedSet], _ asked: [String]?, _ fault: (String, String) -> DataError
  ) throws -> [String] {
    let labels = sets.flatMap { [$0.labels.min() ?? 0, $0.labels.max() ?? 0] }
    let (lowest, highest) = (labels.min() ?? 0, labels.max() ?? 0)
    guard lowest >= 0, highest < ExportLabels.maximumLabels else {
      throw fault(
        "labels from \(lowest) to \(highest), and they may be 0 to \(ExportLabels.maximumLabels - 1)", "")
    }
    let names = asked ?? sets.compactMap(\.classNames).first
    if let names, names.count <= highest {
      throw fault("\(names.count) class names, but a label \(highest)", "Give a name for every label from 0.")
    }
    return FolderName.classFolders(
      count: names?.count ?? highest + 1, names: names, used: Set(sets.flatMap(\.labels)))
  }

  /// What each set holds, class by class.
  var setSummaries: [ImportSummary.Set] {
    sets.map { set in
      var perClass = [Int](repeating: 0, count: classFolders.count)
      for label in set.labels { perClass[label] += 1 }
      return ImportSummary.Set(name: set.name, images: set.count, imagesPerClass: perClass)
    }
  }

  /// What was found and what will be done, a line each.
  public var description: String {
    var lines = ["\(source.path): \(format)"]
    for set in sets {
      let place = hasSplits ? "\(set.name)/CLASS" : "CLASS"
      lines.append("\(set.count) images, \(set.shape), from \(set.source) → \(place)/NUMBER.png")
    }
    let shown = classFolders.prefix(10).joined(separator: ", ") + (classFolders.count > 10 ? ", …" : "")
    lines.append("\(classFolders.count) classes: \(shown)")
    return (lines + notes).joined(separator: "\n")
  }
}

/// With the images of each set counted by class instead of listed.
extension ImportPlan: Encodable {
  private enum CodingKeys: CodingKey { case source, format, shape, classes, sets, notes }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(source.path, forKey: .source)
    try fields.encode(format, forKey: .format)
    try fields.encode(shape, forKey: .shape)
    try fields.encode(classFolders, forKey: .classes)
    try fields.encode(setSummaries, forKey: .sets)
    try fields.encode(notes, forKey: .notes)
  }
}
