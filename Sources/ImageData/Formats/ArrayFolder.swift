import Foundation
import TensorFiles

/// One .npy file an image, in class folders: `CLASS/*.npy`.
struct ArrayFolder: ImportedPixels {
  let files: [URL]
  let layout: ImportOptions.Layout
  let shape: ImageShape

  /// - Parameter classes: the files of each class, in the order of the labels.
  /// - Throws: `DataError` naming a file that is damaged, or of another size than the first.
  static func set(
    named name: String, classes: [(name: String, files: [URL])], layout: ImportOptions.Layout?, limit: Int
  ) throws -> ImportedSet? {
    let files = classes.flatMap(\.files)
    guard let first = files.first else { return nil }
    guard files.count <= limit else {
      throw DataError(code: .badData, path: first.path, reason: "more than \(limit) images")
    }
    let single = try SingleImage.layout(first, layout)
    for file in files.dropFirst() {
      let other = try SingleImage.layout(file, layout)
      guard other.shape == single.shape else {
        throw DataError(
          code: .badData, path: file.path, reason: "\(other.shape), but \(first.lastPathComponent) has \(single.shape)",
          advice: "All images of a set have one size.")
      }
    }
    let labels = classes.enumerated().flatMap { label, entry in [Int](repeating: label, count: entry.files.count) }
    return ImportedSet(
      name: name, shape: single.shape, labels: labels,
      classNames: classes.map(\.name), source: "\(files.count) .npy files",
      pixels: ArrayFolder(files: files, layout: single.layout, shape: single.shape), notes: single.notes)
  }

  func open() throws -> any ImportedPixelReader { Reader(self) }

  private final class Reader: ImportedPixelReader {
    private let folder: ArrayFolder
    private var index = 0

    init(_ folder: ArrayFolder) { self.folder = folder }

    func read(_ images: Int, into samples: UnsafeMutableRawBufferPointer) throws {
      let size = folder.shape.byteCount
      for slot in 0..<images {
        let (reader, layout) = try SingleImage.open(folder.files[index], folder.layout)
        guard layout.shape == folder.shape else {
          throw DataError(code: .io, path: reader.path, reason: "changed while it was read")
        }
        let pixels = ArrayPixelReader(reader, layout)
        try pixels.read(1, into: UnsafeMutableRawBufferPointer(rebasing: samples[slot * size..<(slot + 1) * size]))
        try pixels.finish()
        index += 1
      }
    }

    func finish() throws {}
  }
}

/// A .npy file of one image, H × W or with channels first or last: an array of images without its first axis.
private enum SingleImage {
  static func layout(_ url: URL, _ asked: ImportOptions.Layout?) throws -> ArrayLayout { try open(url, asked).1 }

  static func open(_ url: URL, _ asked: ImportOptions.Layout?) throws -> (NPYReader, ArrayLayout) {
    let reader = try DataError.fromTensorFiles { try NPYReader(contentsOf: url) }
    return (reader, try ArrayLayout(reader, axes: [1] + reader.shape, layout: asked))
  }
}
