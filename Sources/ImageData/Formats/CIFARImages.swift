import CPixels
import Foundation

/// The binary files of CIFAR-10 and CIFAR-100 (Krizhevsky, "Learning Multiple Layers of Features from Tiny Images",
/// 2009): records of one or two label bytes and 3 × 32 × 32 bytes of red, green and blue planes.
struct CIFARImages: ImportedPixels {
  enum Kind {
    case ten
    /// A coarse label, which is not used, then a fine one.
    case hundred

    var labelBytes: Int { self == .ten ? 1 : 2 }
    var classes: Int { self == .ten ? 10 : 100 }
    /// The file of class names that comes with the data.
    var namesFile: String { self == .ten ? "batches.meta.txt" : "fine_label_names.txt" }
  }

  static let pixelCount = 32 * 32
  static let imageBytes = 3 * pixelCount

  let files: [URL]
  let kind: Kind

  /// Reads the labels of some files that follow each other.
  ///
  /// - Throws: `DataError` naming a file whose size is no multiple of a record, or with a label out of range.
  static func set(
    named name: String, files: [URL], kind: Kind, classNames: [String]?, limit: Int
  ) throws -> ImportedSet {
    var labels: [Int] = []
    let images = CIFARImages(files: files, kind: kind)
    for file in files {
      let records = try RecordReader(file, kind)
      guard labels.count + records.count <= limit else {
        throw DataError(code: .badData, path: file.path, reason: "more than \(limit) images")
      }
      labels.reserveCapacity(labels.count + records.count)
      try records.forEachRecord { label, _ in labels.append(label) }
    }
    return ImportedSet(
      name: name, shape: try ImageShape(height: 32, width: 32, channels: 3), labels: labels, classNames: classNames,
      source: files.map(\.lastPathComponent).joined(separator: ", "), pixels: images)
  }

  /// The names that come with the data, where the folder has them.
  static func classNames(in folder: URL, _ kind: Kind) throws -> [String]? {
    let file = folder.appendingPathComponent(kind.namesFile)
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let text = try FileReader().withContent(of: file.path, limit: 1 << 20) { String(decoding: $0, as: UTF8.self) }
    let names = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
    return names.isEmpty ? nil : names
  }

  func open() throws -> any ImportedPixelReader { Reader(files: files, kind: kind) }

  private final class Reader: ImportedPixelReader {
    private var files: ArraySlice<URL>
    private let kind: Kind
    private var current: RecordReader?

    init(files: [URL], kind: Kind) {
      self.files = files[...]
      self.kind = kind
    }

    func read(_ images: Int, into samples: UnsafeMutableRawBufferPointer) throws {
      for index in 0..<images {
        while current == nil || current?.isAtEnd == true {
          guard let next = files.popFirst() else {
            throw DataError(code: .io, path: current?.path ?? "CIFAR file", reason: "became shorter while it was read")
          }
          current = try RecordReader(next, kind)
        }
        let place = samples.baseAddress?.advanced(by: index * CIFARImages.imageBytes)
        try current?.next { _, planes in
          cpixels_interleave(planes, 1, CIFARImages.pixelCount, 3, place)
        }
      }
    }

    func finish() throws {}
  }
}

/// Reads the records of one file.
private final class RecordReader {
  let count: Int
  private let stream: ByteStream
  private let kind: CIFARImages.Kind
  private var record: [UInt8]
  private var done = 0

  init(_ url: URL, _ kind: CIFARImages.Kind) throws {
    stream = try ByteStream(url)
    self.kind = kind
    let size = kind.labelBytes + CIFARImages.imageBytes
    record = [UInt8](repeating: 0, count: size)
    guard !stream.isCompressed, stream.storedCount > 0, stream.storedCount % size == 0 else {
      throw DataError(
        code: .badData, path: url.path,
        reason: "\(stream.storedCount) bytes are not whole records of \(size), as CIFAR-\(kind.classes) has")
    }
    count = stream.storedCount / size
  }

  var path: String { stream.path }
  var isAtEnd: Bool { done == count }

  /// Calls `body` with the label and the planes of the next record.
  func next(_ body: (Int, UnsafeRawPointer?) -> Void) throws {
    try record.withUnsafeMutableBytes { bytes in
      try stream.fill(bytes, "a record")
      let label = Int(bytes[kind.labelBytes - 1])
      guard label < kind.classes else {
        throw DataError(
          code: .badData, path: path,
          reason: "record \(done) has the label \(label), and CIFAR-\(kind.classes) has 0 to \(kind.classes - 1)")
      }
      body(label, UnsafeRawPointer(bytes.baseAddress?.advanced(by: kind.labelBytes)))
      done += 1
    }
  }

  func forEachRecord(_ body: (Int, UnsafeRawPointer?) -> Void) throws {
    while !isAtEnd { try next(body) }
  }
}
