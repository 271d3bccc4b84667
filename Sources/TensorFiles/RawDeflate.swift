import CZlib

/// Deflate streams without a wrapper, as .zip files hold them.
package enum RawDeflate {
  /// Why a stream could not be expanded.
  enum Failure: Error {
    case corrupt
    case endsEarly
    case longerThanDeclared
    case outOfMemory
  }

  /// Deflate cannot make more of a byte than this (a match of 258 bytes in 2 bits).
  package static let greatestExpansion = 1032

  /// Bytes handed to zlib at once; its counters have 32 bits.
  private static let step = 1 << 30

  /// Expands a stream that has to fill exactly `count` bytes and to be used up.
  static func inflate(_ input: [UInt8], count: Int) throws(Failure) -> [UInt8] {
    var stream = z_stream()
    guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .outOfMemory
    }
    defer { inflateEnd(&stream) }
    // One byte more than declared, so that a stream that is too long shows itself.
    let (status, produced, consumed) = run(&stream, input: input, capacity: count + 1) {
      CZlib.inflate(&$0, Z_NO_FLUSH)
    }
    guard produced.count <= count else { throw .longerThanDeclared }
    switch status {
    case Z_STREAM_END where produced.count == count && consumed == input.count: return produced
    case Z_OK, Z_BUF_ERROR: throw .endsEarly
    case Z_STREAM_END where produced.count < count: throw .endsEarly
    case Z_MEM_ERROR: throw .outOfMemory
    default: throw .corrupt
    }
  }

  /// Compresses with zlib's default level.
  static func deflate(_ input: [UInt8]) throws(Failure) -> [UInt8] {
    var stream = z_stream()
    guard
      deflateInit2_(
        &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .outOfMemory }
    defer { deflateEnd(&stream) }
    // Incompressible data is stored in blocks of at most 16 KiB with 5 bytes each.
    let capacity = input.count + input.count / 1000 + 1024
    let (status, produced, _) = run(&stream, input: input, capacity: capacity) {
      CZlib.deflate(&$0, $0.avail_in == 0 ? Z_FINISH : Z_NO_FLUSH)
    }
    guard status == Z_STREAM_END else { throw .outOfMemory }
    return produced
  }

  /// The checksum of .zip entries.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
  }

  /// Feeds a stream until it ends, fails, or neither takes nor gives.
  private static func run(
    _ stream: inout z_stream, input: [UInt8], capacity: Int, turn: (inout z_stream) -> Int32
  ) -> (status: Int32, produced: [UInt8], consumed: Int) {
    var status = Z_OK
    var consumed = 0
    let produced = [UInt8](unsafeUninitializedCapacity: capacity) { output, written in
      input.withUnsafeBufferPointer { source in
        while status == Z_OK {
          let offered = min(source.count - consumed, step)
          let room = min(capacity - written, step)
          stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { $0 + consumed })
          stream.avail_in = UInt32(offered)
          stream.next_out = output.baseAddress.map { $0 + written }
          stream.avail_out = UInt32(room)
          status = turn(&stream)
          let taken = offered - Int(stream.avail_in)
          let given = room - Int(stream.avail_out)
          consumed += taken
          written += given
          if taken == 0, given == 0 { break }
        }
      }
    }
    return (status, produced, consumed)
  }
}
