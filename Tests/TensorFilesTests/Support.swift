import Foundation
import OrderedCollections
import RandomStreams
import TensorFiles
import Testing

/// The golden files; `Tools/oracles/tensor_files.py` makes them.
enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

  static func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

  static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url(name))) }

  static func decoded<Content: Decodable>(_ name: String, as type: Content.Type) throws -> Content {
    try JSONDecoder().decode(type, from: Data(contentsOf: url(name)))
  }
}

/// Runs `body` with a fresh folder, and removes the folder.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// Expects a `TensorFileError` of a kind, with a path in its description, and returns it.
@discardableResult
func expectFault<Result>(
  _ code: TensorFileError.Code, path: String? = nil, _ note: String = "",
  sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Result
) -> TensorFileError? {
  let error = #expect(throws: TensorFileError.self, "\(note)", sourceLocation: sourceLocation) { _ = try body() }
  #expect(error?.code == code, "\(note): \(String(describing: error))", sourceLocation: sourceLocation)
  if let path { #expect(error?.description.hasPrefix("\(path): ") == true, "\(note)", sourceLocation: sourceLocation) }
  return error
}

/// The bytes of a safetensors file with this header and that many bytes of data.
func safetensorsBytes(_ header: String, dataBytes: Int = 0) -> [UInt8] {
  safetensorsBytes(Array(header.utf8), dataBytes: dataBytes)
}

/// The bytes of a safetensors file with this header and that many bytes of data.
func safetensorsBytes(_ header: [UInt8], dataBytes: Int = 0) -> [UInt8] {
  withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    + [UInt8](repeating: 1, count: dataBytes)
}

/// The bytes of a version 1.0 .npy file with this header and that many bytes of data.
func npyBytes(_ header: String, dataBytes: Int = 0) -> [UInt8] {
  let text = Array(header.utf8)
  return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text
    + [UInt8](repeating: 1, count: dataBytes)
}

extension StreamGenerator {
  /// A tensor of random type, shape and bytes; scalars and empty ones among them.
  mutating func tensor(of types: [ElementType] = ElementType.allCases) throws -> HostTensor {
    let type = types[Int.random(in: types.indices, using: &self)]
    let shape = (0..<Int.random(in: 0...4, using: &self)).map { _ in Int.random(in: 0...4, using: &self) }
    let count = shape.reduce(type.byteCount, *)
    let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    return try HostTensor(elementType: type, shape: shape, bytes: bytes)
  }

  /// A name with quotes, controls and characters from all over Unicode.
  mutating func name() -> String {
    let alphabet: [Character] = [
      "a", "Z", ".", "/", "\"", "\\", "\n", "\0", "\u{1F}", " ", "é", "漢", "😀", "\u{7F}", "\u{FFFD}",
    ]
    return String(
      (0..<Int.random(in: 0...12, using: &self)).map { _ in alphabet[Int.random(in: alphabet.indices, using: &self)] })
  }

  /// Up to seven named tensors.
  mutating func tensors(of types: [ElementType] = ElementType.allCases) throws -> OrderedDictionary<String, HostTensor>
  {
    var result: OrderedDictionary<String, HostTensor> = [:]
    for _ in 0..<Int.random(in: 0...7, using: &self) { result[name()] = try tensor(of: types) }
    return result
  }

  /// `bytes` with one to four of them changed.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for _ in 0..<Int.random(in: 1...4, using: &self) {
      let index = Int.random(in: result.indices, using: &self)
      result[index] =
        Bool.random(using: &self)
        ? result[index] ^ (1 << Int.random(in: 0...7, using: &self)) : UInt8.random(in: .min ... .max, using: &self)
    }
    return result
  }
}
