import CPixels
import TensorFiles

/// Images in an array of a .npz file or in a .npy file.
struct ArrayImages: ImportedPixels {
  let archive: ArrayArchive
  let name: String
  let layout: ArrayLayout

  /// Reads the headers of both arrays and all labels.
  ///
  /// - Throws: `DataError` naming the array that is damaged, or does not fit the other.
  static func set(
    _ arrays: ImportOptions.Arrays, in archive: ArrayArchive, layout: ImportOptions.Layout?, limit: Int
  ) throws -> ImportedSet {
    let images = try archive.open(arrays.images)
    let layout = try ArrayLayout(images, layout: layout)
    guard layout.count >= 1, layout.count <= limit else {
      throw DataError(
        code: .badData, path: images.path, reason: "\(layout.count) images, and there may be 1 to \(limit)")
    }
    let labels = try LabelArray.read(archive.open(arrays.labels), count: layout.count)
    return ImportedSet(
      name: arrays.set, shape: layout.shape, labels: labels, classNames: nil,
      source: "arrays \(arrays.images) and \(arrays.labels)",
      pixels: ArrayImages(archive: archive, name: arrays.images, layout: layout), notes: layout.notes)
  }

  func open() throws -> any ImportedPixelReader {
    let reader = try archive.open(name)
    guard try ArrayLayout(reader, layout: layout.layout) == layout else {
      throw DataError(code: .io, path: reader.path, reason: "changed while it was read")
    }
    return ArrayPixelReader(reader, layout)
  }
}

/// Reads images from an array and makes samples of its elements.
final class ArrayPixelReader: ImportedPixelReader {
  private let reader: NPYReader
  private let layout: ArrayLayout
  /// Elements as stored, and then samples as planes.
  private var stored: [UInt8] = []
  private var planes: [UInt8] = []

  init(_ reader: NPYReader, _ layout: ArrayLayout) {
    self.reader = reader
    self.layout = layout
  }

  func read(_ images: Int, into samples: UnsafeMutableRawBufferPointer) throws {
    let direct = layout.layout != .channelsFirst
    if direct, layout.samples == .bytes || layout.samples == .words {
      return try DataError.fromTensorFiles { try reader.read(into: samples) }
    }
    resize(&stored, images * layout.storedBytes)
    try stored.withUnsafeMutableBytes { stored in
      try DataError.fromTensorFiles { try reader.read(into: stored) }
      let stored = UnsafeRawBufferPointer(stored)
      if direct { return try convert(stored, into: samples) }
      resize(&planes, images * layout.shape.byteCount)
      try planes.withUnsafeMutableBytes { planes in
        try convert(stored, into: planes)
        interleave(UnsafeRawBufferPointer(planes), into: samples, images)
      }
    }
  }

  func finish() throws {
    guard reader.remaining == 0 else {
      throw DataError(code: .badData, path: reader.path, reason: "\(reader.remaining) bytes follow the last image")
    }
  }

  private func convert(_ stored: UnsafeRawBufferPointer, into samples: UnsafeMutableRawBufferPointer) throws {
    let bytes = samples.baseAddress?.assumingMemoryBound(to: UInt8.self)
    switch layout.samples {
    case .bytes, .words: samples.copyMemory(from: stored)
    case .bools:
      cpixels_from_bools(stored.baseAddress?.assumingMemoryBound(to: UInt8.self), stored.count, bytes)
    case .floats(let size):
      let count = stored.count / size
      guard cpixels_from_floats(stored.baseAddress, size, count, bytes) == count else {
        throw DataError(
          code: .badData, path: reader.path, reason: "a pixel that is not between 0 and 1",
          advice: "Floats are brightness from 0 to 1; save whole numbers from 0 to 255 as uint8.")
      }
    }
  }

  private func interleave(
    _ planes: UnsafeRawBufferPointer, into samples: UnsafeMutableRawBufferPointer, _ images: Int
  ) {
    let shape = layout.shape
    for start in stride(from: 0, to: images * shape.byteCount, by: shape.byteCount) {
      cpixels_interleave(
        planes.baseAddress?.advanced(by: start), shape.depth.bytes, shape.height * shape.width, shape.channels,
        samples.baseAddress?.advanced(by: start))
    }
  }

  private func resize(_ bytes: inout [UInt8], _ count: Int) {
    if bytes.count != count { bytes = [UInt8](repeating: 0, count: count) }
  }
}
