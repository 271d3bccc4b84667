import CZlib

/// A file written in pieces, compressed or not.
final class ExportFile {
  private let file: StagedFile
  private let stream: UnsafeMutablePointer<z_stream>?
  private var output = [UInt8](repeating: 0, count: 1 << 16)

  /// - Parameter gzip: as one gzip member without a name or time, so that the same content gives the same bytes.
  /// - Throws: `DataError` where memory is short.
  init(_ file: StagedFile, gzip: Bool) throws {
    self.file = file
    guard gzip else {
      stream = nil
      return
    }
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    self.stream = stream
    guard
      deflateInit2_(
        stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw DataError(code: .io, path: "gzip", reason: "no memory to compress") }
  }

  deinit {
    guard let stream else { return }
    deflateEnd(stream)
    stream.deallocate()
  }

  func append(_ bytes: [UInt8]) throws {
    if stream == nil { return try file.append(bytes) }
    try compress(bytes, Z_NO_FLUSH)
  }

  func close() throws {
    if stream != nil { try compress([], Z_FINISH) }
    try file.close()
  }

  private func compress(_ bytes: [UInt8], _ flush: Int32) throws {
    guard let stream else { return }
    try bytes.withUnsafeBufferPointer { input in
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      // Blocks of a few megabytes: far below what the counter holds.
      stream.pointee.avail_in = UInt32(input.count)
      repeat {
        try output.withUnsafeMutableBytes { output in
          stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
          stream.pointee.avail_out = UInt32(output.count)
          deflate(stream, flush)
          let made = output.count - Int(stream.pointee.avail_out)
          try file.append(UnsafeRawBufferPointer(rebasing: output[..<made]))
        }
      } while stream.pointee.avail_out == 0
    }
  }
}
