import Foundation
import TensorFiles

@testable import ImageData

extension FuzzTarget {
  /// The most bytes that an input may expand to and still be read to its end.
  private static let maximumContentBytes = 1 << 20

  /// An IDX file, plain or as gzip: its elements, and then the same file as images and as labels of a set.
  static func readIDX(_ input: [UInt8]) throws {
    try withFile(input) { file in
      let stream = try ByteStream(file)
      let header = try IDXHeader(stream)
      try promise(header.byteCount <= stream.greatestCount, "\(header.byteCount) bytes of \(input.count)")
      guard header.byteCount <= maximumContentBytes else { return }
      let elements = try stream.bytes(header.byteCount, "its elements")
      try stream.finish()
      try promise(
        header.shape.reduce(header.elementBytes, *) == elements.count, "\(elements.count) bytes for \(header.shape)")
      try accepted("what follows") {
        guard header.type == IDXHeader.unsignedBytes, !stream.isCompressed else { return }
        try promise(try IDXHeader.encoded(shape: header.shape) + elements == input, "it is written in another way")
      }
      let count = header.shape[0]
      guard (1...1000).contains(count) else { return }
      let isLabels = header.shape.count == 1
      let other =
        try IDXHeader.encoded(shape: isLabels ? [count, 1, 1] : [count]) + [UInt8](repeating: 5, count: count)
      try withFile(other) { other in
        let set = try IDXImages.set(
          named: "train", images: isLabels ? other : file, labels: isLabels ? file : other, limit: 1000)
        try promise(set.labels.count == count, "\(set.labels.count) labels, not \(count)")
        guard !isLabels else { return }
        var pixels: [UInt8] = []
        try accepted("reading images") { try set.forEachBlock(ofBytes: 256) { pixels += $1 } }
        try promise(pixels == elements, "the images are not the elements")
      }
    }
  }

  /// Records of CSV, and then the same file as a manifest.
  static func readCSV(_ input: [UInt8]) throws {
    let records = try records(of: input)
    try accepted("writing") {
      let written = records.map(CSV.line).joined()
      let again = try Self.records(of: Array(written.utf8))
      try promise(again == records, "the records change when they are written and read")
    }
    // Most inputs are no manifests, and need no file to show it.
    guard let header = records.first, header.contains("path"), header.contains("label") else { return }
    let manifest = try withFile(input) { try Manifest(reading: $0) }
    try accepted("writing") {
      let again = try withFile(Array(manifest.text.utf8)) { try Manifest(reading: $0) }
      try promise(again == manifest, "the manifest changes when it is written and read")
    }
  }

  private static func records(of bytes: [UInt8]) throws -> [[String]] {
    var records: [[String]] = []
    var previous = 0
    try bytes.withUnsafeBytes { bytes in
      try CSV.read(bytes, path: path) { line, fields in
        try promise(line > previous, "line \(line) after line \(previous)")
        try promise(!fields.isEmpty, "a record without fields")
        previous = line
        records.append(fields)
      }
    }
    return records
  }

  /// What the piecewise reader makes of a .npy file that was read as a whole before; nil stands for a refusal.
  static func readInPieces(_ input: [UInt8], whole: HostTensor?) throws {
    var options = options(for: input)
    try withFile(input) { file in
      guard let whole else {
        if let reader = try? NPYReader(contentsOf: file) { _ = try? Self.bytes(of: reader, &options) }
        return
      }
      try accepted("reading in pieces") { try check(NPYReader(contentsOf: file), whole, &options) }
    }
  }

  /// What the piecewise reader makes of an archive that was read as a whole before.
  static func readArchiveInPieces(_ input: [UInt8], whole: [(key: String, value: HostTensor)]?) throws {
    var options = options(for: input)
    try withFile(input) { file in
      guard let whole else {
        guard let archive = try? NPZReader(contentsOf: file) else { return }
        for name in archive.names {
          if let reader = try? archive.array(name) { _ = try? Self.bytes(of: reader, &options) }
        }
        return
      }
      try accepted("reading in pieces") {
        let archive = try NPZReader(contentsOf: file)
        try promise(archive.names == whole.map(\.key), "names \(archive.names)")
        for (name, tensor) in whole {
          guard let reader = try archive.array(name) else { throw FuzzFinding(description: "no array \(name)") }
          try check(reader, tensor, &options)
        }
      }
    }
  }

  private static func check(
    _ reader: NPYReader, _ whole: HostTensor, _ options: inout some RandomNumberGenerator
  ) throws {
    try promise(reader.shape == whole.shape, "shape \(reader.shape), not \(whole.shape)")
    try promise(reader.byteCount == whole.bytes.count, "\(reader.byteCount) bytes, not \(whole.bytes.count)")
    let bytes = try bytes(of: reader, &options)
    try promise(reader.isColumnMajor || bytes == whole.bytes, "the pieces are not the whole")
  }

  private static func bytes(of reader: NPYReader, _ options: inout some RandomNumberGenerator) throws -> [UInt8] {
    var bytes: [UInt8] = []
    guard reader.byteCount <= maximumContentBytes else { return bytes }
    while reader.remaining > 0 {
      var piece = [UInt8](repeating: 0, count: min(reader.remaining, .random(in: 1...512, using: &options)))
      try piece.withUnsafeMutableBytes { try reader.read(into: $0) }
      bytes += piece
    }
    return bytes
  }

  /// Runs `body` with a file of these bytes. Errors that name the file come out with the input's name.
  private static func withFile<Result>(_ bytes: [UInt8], _ body: (URL) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-" + UUID().uuidString)
    let descriptor = open(url.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0, bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
      throw FuzzFinding(description: "\(url.path) cannot be written: \(String(cString: strerror(errno)))")
    }
    close(descriptor)
    defer { unlink(url.path) }
    do {
      return try body(url)
    } catch let error as DataError where error.path == url.path {
      throw DataError(code: error.code, path: path, reason: error.reason, advice: error.advice)
    } catch let error as TensorFileError where error.path == url.path {
      throw TensorFileError(code: error.code, path: path, reason: error.reason)
    }
  }
}
