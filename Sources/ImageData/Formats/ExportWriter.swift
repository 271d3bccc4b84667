import Foundation
import OrderedCollections
import TensorFiles

/// Writes sets as IDX files and NumPy's arrays.
struct ExportWriter {
  let sets: [ExportSet]
  let labels: ExportLabels

  /// - Returns: the names of the files.
  func writeIDX(gzip: Bool, to folder: StagedFolder) throws -> [String] {
    let suffix = gzip ? ".gz" : ""
    return try sets.flatMap { set in
      let images = set.images
      let prefix = ["train": "train-", "test": "t10k-"][set.name] ?? ""
      let names = ["\(prefix)images-idx\(images.axes.count)-ubyte\(suffix)", "\(prefix)labels-idx1-ubyte\(suffix)"]
      try write(names[0], in: folder, gzip: gzip) { file in
        try file.append(IDXHeader.encoded(shape: images.axes))
        try images.forEachBlock { try file.append($0) }
      }
      try write(names[1], in: folder, gzip: gzip) { file in
        try file.append(IDXHeader.encoded(shape: [images.count]))
        try file.append(images.labels.map { UInt8(labels.numbers[$0]) })
      }
      return names
    }
  }

  /// - Returns: the names of the files.
  func writeNPY(to folder: StagedFolder) throws -> [String] {
    try sets.flatMap { set in
      let prefix = set.name == "all" ? "" : set.name + "_"
      let names = ["\(prefix)images.npy", "\(prefix)labels.npy"]
      try write(names[0], in: folder) { file in
        try file.append(DataError.fromTensorFiles { try Self.header(set.images) })
        try set.images.forEachBlock { try file.append($0) }
      }
      try write(names[1], in: folder) { file in
        try file.append(DataError.fromTensorFiles { try NPY.encode(labels.tensor(set.images)) })
      }
      return names
    }
  }

  /// - Returns: the name of the file.
  func writeNPZ(to target: URL) throws -> [String] {
    try DataError.fromTensorFiles {
      var files: OrderedDictionary<String, [UInt8]> = [:]
      for set in sets {
        let names = set.name == "all" ? ["images", "labels"] : ["x_\(set.name)", "y_\(set.name)"]
        var file = try Self.header(set.images)
        file.reserveCapacity(file.count + set.images.count * set.images.shape.byteCount)
        try set.images.forEachBlock { file += $0 }
        files[names[0]] = file
        files[names[1]] = try NPY.encode(labels.tensor(set.images))
      }
      try AtomicFile.write(NPZ.encode(files: files), to: target)
    }
    return [target.lastPathComponent]
  }

  /// - Throws: `DataError` if a file cannot be made without overwriting one, or would lie in the source.
  static func requireFree(_ target: URL, source: URL) throws {
    try StagedFolder.checkApart(target, from: source)
    guard !FileManager.default.fileExists(atPath: target.path) else {
      throw DataError(
        code: .badData, path: target.path, reason: "there already", advice: "Nothing is overwritten: name a new file.")
    }
  }

  private static func header(_ images: ExportOrder) throws -> [UInt8] {
    try NPY.header(elementDescription: images.elementDescription, shape: images.axes)
  }

  private func write(
    _ name: String, in folder: StagedFolder, gzip: Bool = false, _ content: (ExportFile) throws -> Void
  ) throws {
    let file = try ExportFile(folder.create(name), gzip: gzip)
    try content(file)
    try file.close()
  }
}
