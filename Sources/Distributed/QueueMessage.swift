import Foundation

/// What ranks say to each other about a queue: a number of eight bytes, and a result behind it.
enum QueueMessage {
  private static let nothing = Int64(-1)

  /// Asks for work, and brings the result of the last.
  static func request(_ done: (piece: Int, bytes: [UInt8])?) -> [UInt8] {
    number(done.map { Int64($0.piece) } ?? nothing) + (done?.bytes ?? [])
  }

  /// - Parameter piece: nil where there is no more work.
  static func answer(_ piece: Int?) -> [UInt8] { number(piece.map(Int64.init) ?? nothing) }

  static func done(inRequest bytes: [UInt8], from rank: Int) throws -> (piece: Int, bytes: [UInt8])? {
    let piece = try number(of: bytes, from: rank)
    return piece == nothing ? nil : (Int(piece), Array(bytes.dropFirst(8)))
  }

  static func piece(ofAnswer bytes: [UInt8]) throws -> Int? {
    let piece = try number(of: bytes, from: 0)
    return piece == nothing ? nil : Int(piece)
  }

  /// JSON, whose numbers are read as the very ones that were written; infinities and NaN by name.
  static func encode(_ value: some Encodable) throws -> [UInt8] {
    // Not `JSONEncoder.canonical`: nobody keeps or compares these bytes, so keys may come in any order.
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try Array(encoder.encode(value))
  }

  static func decode<Value: Decodable>(_ bytes: [UInt8], from rank: Int) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let value = try? decoder.decode(Value.self, from: Data(bytes)) else {
      throw DistributedError.unreadable(rank: rank)
    }
    return value
  }

  private static func number(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }

  private static func number(of bytes: [UInt8], from rank: Int) throws -> Int64 {
    guard bytes.count >= 8 else { throw DistributedError.unreadable(rank: rank) }
    return bytes.prefix(8).reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
  }
}
