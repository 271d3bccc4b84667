import OrderedCollections

/// The header of a safetensors file: what is where. Every promise has been checked against the file's length.
struct SafetensorsLayout {
  /// A tensor without its bytes.
  struct Entry {
    let elementType: ElementType
    let shape: [Int]
    /// Offsets within the data, which starts after the header.
    let range: Range<Int>
  }

  /// The longest header that is read, as in the reference implementation.
  static let maximumHeaderBytes = 100_000_000
  /// The key that is no tensor.
  static let metadataKey = "__metadata__"

  var entries: OrderedDictionary<String, Entry> = [:]
  var metadata: [String: String] = [:]
  /// Where the data starts in the file.
  let dataStart: Int

  /// Reads and checks the header.
  init(of source: some ByteSource) throws {
    func fault(_ code: TensorFileError.Code, _ reason: String) -> TensorFileError {
      TensorFileError(code: code, path: source.path, reason: reason)
    }
    guard source.count >= 8, let length = try source.bytes(in: 0..<8).littleEndian(UInt64.self, at: 0) else {
      throw fault(.truncated, "\(source.count) bytes are too few for a safetensors file")
    }
    guard length <= UInt64(Self.maximumHeaderBytes) else {
      throw fault(.tooLarge, "the header claims \(length) bytes, over the limit of \(Self.maximumHeaderBytes)")
    }
    let headerBytes = Int(length)
    guard headerBytes <= source.count - 8 else {
      throw fault(.truncated, "the header claims \(length) bytes, but \(source.count - 8) follow")
    }
    dataStart = 8 + headerBytes
    let header = try source.bytes(in: 8..<dataStart)
    guard header.first == UInt8(ascii: "{") else {
      throw fault(.malformed, "the header does not start with '{'; is this a safetensors file?")
    }
    try readHeader(header, path: source.path)
    try checkRanges(dataBytes: source.count - dataStart, path: source.path)
  }

  private mutating func readHeader(_ header: [UInt8], path: String) throws {
    var reader = SafetensorsHeaderReader(header, path: path)
    var found = (entries: entries, metadata: metadata, hasMetadata: false)
    try reader.object { reader, name in
      if name == Self.metadataKey {
        guard !found.hasMetadata else { throw reader.fault("\(quoted(name)) stands twice") }
        found.hasMetadata = true
        try reader.object { reader, key in
          guard found.metadata.updateValue(try reader.string(), forKey: key) == nil else {
            throw reader.fault("the metadata key \(quoted(key)) stands twice")
          }
        }
      } else {
        // Swift compares strings by canonical equivalence; two names that differ only in that are refused as well.
        guard found.entries.updateValue(try Self.entry(name, from: &reader), forKey: name) == nil else {
          throw reader.fault("the tensor name \(quoted(name)) stands twice")
        }
      }
    }
    guard reader.peek() == nil else { throw reader.fault("something follows the header's object") }
    (entries, metadata, _) = found
  }

  private static func entry(_ name: String, from reader: inout SafetensorsHeaderReader) throws -> Entry {
    var typeName: String?
    var shape: [Int]?
    var offsets: [Int]?
    try reader.object { reader, field in
      switch field {
      case "dtype" where typeName == nil: typeName = try reader.string()
      case "shape" where shape == nil: shape = try reader.wholeNumbers(limit: TensorShape.maximumRank)
      case "data_offsets" where offsets == nil: offsets = try reader.wholeNumbers(limit: 2)
      default: throw reader.fault("\(quoted(name)) has an unknown or repeated field \(quoted(field))")
      }
    }
    guard let typeName, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw reader.fault("\(quoted(name)) needs a dtype, a shape and two data_offsets in order")
    }
    guard let elementType = ElementType(safetensorsName: typeName) else {
      throw reader.fault(
        "\(quoted(name)) has the element type \(quoted(typeName)), which is not read", code: .unsupported)
    }
    return Entry(elementType: elementType, shape: shape, range: offsets[0]..<offsets[1])
  }

  /// The tensors have to tile the data: in range, no overlap, no hole, nothing left over, each of its shape's size.
  private func checkRanges(dataBytes: Int, path: String) throws {
    func fault(_ code: TensorFileError.Code, _ name: String, _ reason: String) -> TensorFileError {
      TensorFileError(code: code, path: path, reason: "tensor \(quoted(name)) \(reason)")
    }
    var end = 0
    let ordered = entries.elements.sorted {
      ($0.value.range.lowerBound, $0.value.range.upperBound) < ($1.value.range.lowerBound, $1.value.range.upperBound)
    }
    for (name, entry) in ordered {
      let size: Int
      do {
        size = try TensorShape.byteCount(of: entry.shape, elementType: entry.elementType)
      } catch let error as TensorFileError {
        throw error.located(at: path, in: "tensor \(quoted(name))")
      }
      guard size == entry.range.count else {
        throw fault(
          .malformed, name,
          "of shape \(entry.shape) and type \(entry.elementType) needs \(size) bytes, but has \(entry.range.count)")
      }
      guard entry.range.upperBound <= dataBytes else {
        throw fault(.truncated, name, "ends at byte \(entry.range.upperBound) of the data, which has \(dataBytes)")
      }
      guard entry.range.lowerBound >= end else { throw fault(.malformed, name, "overlaps the tensor before it") }
      guard entry.range.lowerBound == end else {
        throw fault(.malformed, name, "leaves \(entry.range.lowerBound - end) bytes before it unused")
      }
      end = entry.range.upperBound
    }
    guard end == dataBytes else {
      throw TensorFileError(
        code: .malformed, path: path, reason: "\(dataBytes - end) bytes at the end belong to no tensor")
    }
  }
}

extension ElementType {
  private static let bySafetensorsName = [String: ElementType](
    uniqueKeysWithValues: allCases.map { ($0.safetensorsName, $0) })

  /// The type of a name such as `"F32"`; nil for those that are not read.
  init?(safetensorsName: String) {
    guard let type = Self.bySafetensorsName[safetensorsName] else { return nil }
    self = type
  }

  /// The name in a safetensors header.
  var safetensorsName: String {
    switch self {
    case .bool: "BOOL"
    case .uint8: "U8"
    case .int8: "I8"
    case .int16: "I16"
    case .int32: "I32"
    case .int64: "I64"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .float32: "F32"
    case .float64: "F64"
    }
  }
}
