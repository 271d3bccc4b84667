import Foundation
import OrderedCollections

extension SafetensorsFile {
  /// The file's bytes: the same content in the same order always gives the same bytes.
  ///
  /// The header names the tensors in their order and the metadata by sorted keys, and is padded with spaces to a
  /// multiple of 8 bytes. The data is ordered by falling element size, so that every tensor is aligned for its type.
  /// - Throws: ``TensorFileError`` `malformed` when a tensor is called `"__metadata__"`, `unsupported` when one has more
  ///   than 64 axes, `tooLarge` when the header passes 100 MB.
  public func encoded() throws -> [UInt8] {
    let chunks = try self.chunks(path: "")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(chunks.reduce(0) { $0 + $1.count })
    for chunk in chunks { bytes += chunk }
    return bytes
  }

  /// Writes the file atomically; see ``AtomicFile``.
  /// - Throws: ``TensorFileError`` naming the file, for the reasons of ``encoded()`` and for those of the file system.
  public func write(to url: URL) throws {
    try AtomicFile.write(chunks: chunks(path: fileSystemPath(of: url)), to: url)
  }

  /// The header and each tensor's bytes, in file order, without a copy of the tensors.
  private func chunks(path: String) throws -> [[UInt8]] {
    let dataOrder = tensors.values.indices.sorted {
      (tensors.values[$1].elementType.byteCount, $0) < (tensors.values[$0].elementType.byteCount, $1)
    }
    var ranges = [Range<Int>](repeating: 0..<0, count: tensors.count)
    var end = 0
    for index in dataOrder {
      let size = tensors.values[index].bytes.count
      ranges[index] = end..<end + size
      end += size
    }
    let header = try encodedHeader(ranges: ranges, path: path)
    return [header] + dataOrder.map { tensors.values[$0].bytes }
  }

  private func encodedHeader(ranges: [Range<Int>], path: String) throws -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\(jsonString($0.key)):\(jsonString($0.value))" }
      members.append("\(jsonString(SafetensorsLayout.metadataKey)):{\(pairs.joined(separator: ","))}")
    }
    for ((name, tensor), range) in zip(tensors, ranges) {
      guard name != SafetensorsLayout.metadataKey else {
        throw TensorFileError(code: .malformed, path: path, reason: "a tensor may not be called \(quoted(name))")
      }
      guard tensor.shape.count <= TensorShape.maximumRank else {
        throw TensorFileError(
          code: .unsupported, path: path,
          reason: "tensor \(quoted(name)) has \(tensor.shape.count) axes, over the limit of \(TensorShape.maximumRank)")
      }
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(jsonString(name)):{\"dtype\":\"\(tensor.elementType.safetensorsName)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(range.lowerBound),\(range.upperBound)]}")
    }
    var json = Array("{\(members.joined(separator: ","))}".utf8)
    json += [UInt8](repeating: 0x20, count: (8 - json.count % 8) % 8)
    guard json.count <= SafetensorsLayout.maximumHeaderBytes else {
      throw TensorFileError(
        code: .tooLarge, path: path,
        reason: "the header has \(json.count) bytes, over the limit of \(SafetensorsLayout.maximumHeaderBytes)")
    }
    var header: [UInt8] = []
    header.append(littleEndian: UInt64(json.count))
    return header + json
  }

  /// A JSON string: quotes, backslashes and control characters escaped, all else as UTF-8.
  private func jsonString(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\0"..<" ":
        result += "\\u" + scalar.value.padded(to: 4, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
