import Foundation
import OrderedCollections

/// NumPy's .npz files: a .zip archive with one .npy file per named array.
public enum NPZ {
  /// Reads a file, stored or deflated. A name is the entry's without its `.npy`.
  /// - Parameter maximumBytes: the most that the file, and that all its arrays together, may have; 4 GiB unless told.
  /// - Throws: ``TensorFileError`` naming the file.
  public static func read(
    contentsOf url: URL, maximumBytes: Int = 4 << 30
  ) throws -> OrderedDictionary<String, HostTensor> {
    try read(FileSource(url, maximumBytes: maximumBytes), maximumBytes: maximumBytes)
  }

  /// Reads a file that is already in memory; errors call it `path`.
  /// - Throws: ``TensorFileError`` naming `path`.
  public static func decode(
    _ bytes: [UInt8], path: String, maximumBytes: Int = 4 << 30
  ) throws -> OrderedDictionary<String, HostTensor> {
    try read(MemorySource(content: bytes, path: path), maximumBytes: maximumBytes)
  }

  private static func read(
    _ source: some ByteSource, maximumBytes: Int
  ) throws -> OrderedDictionary<String, HostTensor> {
    let directory = try ZipDirectory(of: source)
    // Each size is below 2³² and there are fewer than 2¹⁶: the sum cannot overflow.
    let total = directory.entries.reduce(0) { $0 + $1.expandedBytes }
    guard total <= maximumBytes else {
      throw TensorFileError(
        code: .tooLarge, path: source.path, reason: "expands to \(total) bytes, over the limit of \(maximumBytes)")
    }
    var tensors: OrderedDictionary<String, HostTensor> = [:]
    for entry in directory.entries {
      guard entry.name.utf8.suffix(4).elementsEqual(".npy".utf8) else {
        throw TensorFileError(
          code: .unsupported, path: source.path, reason: "entry \(quoted(entry.name)) is not a .npy file")
      }
      let name = String(decoding: entry.name.utf8.dropLast(4), as: UTF8.self)
      let content = try expand(entry, of: source)
      let tensor: HostTensor
      do {
        tensor = try NPY.decode(content, path: "")
      } catch let error as TensorFileError {
        throw error.located(at: source.path, in: "entry \(quoted(entry.name))")
      }
      guard tensors.updateValue(tensor, forKey: name) == nil else {
        throw TensorFileError(
          code: .malformed, path: source.path, reason: "the array name \(quoted(name)) stands twice")
      }
    }
    return tensors
  }

  private static func expand(_ entry: ZipDirectory.Entry, of source: some ByteSource) throws -> [UInt8] {
    func fault(_ code: TensorFileError.Code, _ reason: String) -> TensorFileError {
      TensorFileError(code: code, path: source.path, reason: "entry \(quoted(entry.name)) \(reason)")
    }
    var content = try source.bytes(in: entry.range)
    if entry.isDeflated {
      do {
        content = try RawDeflate.inflate(content, count: entry.expandedBytes)
      } catch {
        switch error {
        case .corrupt: throw fault(.malformed, "is not a valid deflate stream")
        case .endsEarly: throw fault(.truncated, "ends before its \(entry.expandedBytes) bytes")
        case .longerThanDeclared: throw fault(.malformed, "is longer than the \(entry.expandedBytes) bytes it claims")
        case .outOfMemory: throw fault(.io, "could not be expanded for want of memory")
        }
      }
    }
    guard RawDeflate.checksum(content) == entry.checksum else { throw fault(.malformed, "has a wrong checksum") }
    return content
  }
}
