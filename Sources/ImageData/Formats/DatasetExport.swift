import Foundation
import OrderedCollections
import TensorFiles

/// Writes an image folder in the formats that ``DatasetImport`` reads.
public enum DatasetExport {
  public enum Format: Sendable, Hashable {
    /// A folder of `train-images-idx3-ubyte` and so on; idx4 with channels last where there are several. 8 bits.
    case idx(gzip: Bool)
    /// One file with the arrays `x_train`, `y_train`, `x_test`, `y_test`; N × H × W, or with channels last.
    case npz
    /// A folder of `train_images.npy`, `train_labels.npy` and the same for test.
    case npy
    /// A folder of `data_batch_1.bin` …, `test_batch.bin` and `batches.meta.txt`. RGB of 32 × 32, at most 10 classes.
    case cifar10
  }

  /// Writes train and test.
  ///
  /// Images come in the order of their file names, whatever their class: numbers by value, then other names. A folder that
  /// was imported so gives back the order, the pixels and the labels that it came from. A label is the number that the
  /// class's name is or begins with, where all have one that ascends; else the place of the class.
  /// - Returns: the files, or the file, written.
  /// - Throws: `DataError` if the format cannot hold the images, the target exists (a folder that is not empty, or a file),
  ///   or writing fails.
  public static func write(_ folder: ImageFolder, as format: Format, to target: URL) throws -> [String] {
    let labels = ExportLabels(classes: folder.classes)
    let sets = [("train", ExportOrder(folder.train)), ("test", ExportOrder(folder.test))]
    let fit = ExportFit(folder, labels: labels.numbers)
    switch format {
    case .npz:
      try writeNPZ(sets, labels, to: target)
      return [target.lastPathComponent]
    case .idx(let gzip):
      try fit.requireBytes("IDX")
      return try inFolder(target) { try writeIDX(sets, labels, gzip: gzip, to: $0) }
    case .npy: return try inFolder(target) { try writeNPY(sets, labels, to: $0) }
    case .cifar10:
      try fit.requireCIFAR()
      return try inFolder(target) { try CIFARExport(sets: sets, labels: labels, classes: folder.classes).write(to: $0) }
    }
  }

  private static func inFolder(_ target: URL, _ body: (StagedFolder) throws -> [String]) throws -> [String] {
    let folder = try StagedFolder(target)
    let files = try body(folder)
    try folder.commit()
    return files
  }

  private static func writeIDX(
    _ sets: [(String, ExportOrder)], _ labels: ExportLabels, gzip: Bool, to folder: StagedFolder
  ) throws -> [String] {
    var files: [String] = []
    for (name, set) in sets {
      let prefix = name == "train" ? "train" : "t10k"
      let suffix = gzip ? ".gz" : ""
      let axes = set.axes
      let images = "\(prefix)-images-idx\(axes.count)-ubyte\(suffix)"
      let numbers = "\(prefix)-labels-idx1-ubyte\(suffix)"
      let imageFile = try ExportFile(folder.create(images), gzip: gzip)
      try imageFile.append(IDXHeader.encoded(shape: axes))
      try set.forEachBlock { try imageFile.append($0) }
      try imageFile.close()
      let labelFile = try ExportFile(folder.create(numbers), gzip: gzip)
      try labelFile.append(IDXHeader.encoded(shape: [set.count]))
      try labelFile.append(set.labels.map { UInt8(labels.numbers[$0]) })
      try labelFile.close()
      files += [images, numbers]
    }
    return files
  }

  private static func writeNPY(
    _ sets: [(String, ExportOrder)], _ labels: ExportLabels, to folder: StagedFolder
  ) throws -> [String] {
    var files: [String] = []
    for (name, set) in sets {
      let file = try ExportFile(folder.create("\(name)_images.npy"), gzip: false)
      try file.append(
        DataError.fromTensorFiles { try NPY.header(elementDescription: set.elementDescription, shape: set.axes) })
      try set.forEachBlock { try file.append($0) }
      try file.close()
      let numbers = try ExportFile(folder.create("\(name)_labels.npy"), gzip: false)
      try numbers.append(DataError.fromTensorFiles { try NPY.encode(labels.tensor(set)) })
      try numbers.close()
      files += ["\(name)_images.npy", "\(name)_labels.npy"]
    }
    return files
  }

  private static func writeNPZ(_ sets: [(String, ExportOrder)], _ labels: ExportLabels, to target: URL) throws {
    guard !FileManager.default.fileExists(atPath: target.path) else {
      throw DataError(
        code: .badData, path: target.path, reason: "there already", advice: "Nothing is overwritten: name a new file.")
    }
    try DataError.fromTensorFiles {
      var files: OrderedDictionary<String, [UInt8]> = [:]
      for (name, set) in sets {
        var file = try NPY.header(elementDescription: set.elementDescription, shape: set.axes)
        file.reserveCapacity(file.count + set.count * set.shape.byteCount)
        try set.forEachBlock { file += $0 }
        files["x_\(name)"] = file
        files["y_\(name)"] = try NPY.encode(labels.tensor(set))
      }
      try AtomicFile.write(NPZ.encode(files: files), to: target)
    }
  }
}

/// Whether images fit a format.
private struct ExportFit {
  let root: String
  let shape: ImageShape
  let labels: [Int]

  init(_ folder: ImageFolder, labels: [Int]) {
    root = folder.root
    shape = folder.train.shape
    self.labels = labels
  }

  func requireBytes(_ format: String) throws {
    guard shape.depth == .eight else {
      throw fault("\(format) holds 8-bit samples, and these have 16", "Export npy or npz.")
    }
    guard labels.allSatisfy({ $0 <= 255 }) else {
      throw fault("\(format) holds labels up to 255, and there are \(labels.max() ?? 0)", "Export npy or npz.")
    }
  }

  func requireCIFAR() throws {
    try requireBytes("CIFAR-10")
    guard shape.height == 32, shape.width == 32, shape.channels == 3, labels.count <= 10,
      labels.allSatisfy({ $0 < 10 })
    else {
      throw fault(
        "CIFAR-10 holds 10 classes of 32 × 32 pixels of 3 channels; these are \(labels.count) classes of \(shape)",
        "Read the folder as RGB at that size, or export another format.")
    }
  }

  private func fault(_ reason: String, _ advice: String) -> DataError {
    DataError(code: .badData, path: root, reason: reason, advice: advice)
  }
}
