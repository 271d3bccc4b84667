import Foundation
import OrderedCollections

/// The content of a safetensors file: named tensors and a table of strings.
///
/// The format is Hugging Face's: 8 bytes of header length, a JSON header, the tensors' bytes. It holds no code, and is
/// read strictly: a header that contradicts itself or the file is refused before any tensor is allocated.
public struct SafetensorsFile: Sendable, Equatable {
  /// The tensors by name, in the order of the header.
  public var tensors: OrderedDictionary<String, HostTensor>
  /// The strings under `__metadata__`.
  public var metadata: [String: String]

  /// Content to write. `"__metadata__"` may not name a tensor.
  public init(tensors: OrderedDictionary<String, HostTensor> = [:], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// Reads a file. Memory in use grows to the file's size, not to what its header claims.
  /// - Parameter maximumBytes: a longer file is refused; 4 GiB unless told.
  /// - Throws: ``TensorFileError`` naming the file.
  public init(contentsOf url: URL, maximumBytes: Int = 4 << 30) throws {
    try self.init(reading: FileSource(url, maximumBytes: maximumBytes))
  }

  /// Reads a file that is already in memory.
  /// - Parameter path: what errors call it.
  /// - Throws: ``TensorFileError`` naming `path`.
  public init(bytes: [UInt8], path: String) throws {
    try self.init(reading: MemorySource(content: bytes, path: path))
  }

  private init(reading source: some ByteSource) throws {
    let layout = try SafetensorsLayout(of: source)
    metadata = layout.metadata
    tensors = OrderedDictionary(minimumCapacity: layout.entries.count)
    for (name, entry) in layout.entries {
      let start = layout.dataStart + entry.range.lowerBound
      let bytes = try source.bytes(in: start..<start + entry.range.count)
      tensors[name] = try HostTensor(elementType: entry.elementType, shape: entry.shape, bytes: bytes)
    }
  }
}
