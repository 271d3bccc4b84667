import CZlib

/// Expands a deflate stream from front to back in pieces, so that memory does not grow with what it expands to.
///
/// Not Sendable: one reader is one place in one stream.
public final class InflateReader {
  /// What is around the deflate data.
  public enum Wrapper: Sendable {
    /// Nothing, as in .zip files.
    case none
    /// Members of a gzip file (RFC 1952), one after another; the checksum and length of each are verified.
    case gzip
  }

  private let path: String
  private let wrapper: Wrapper
  private let next: (UnsafeMutableRawBufferPointer) throws -> Int
  private var stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  private var isOver = false

  /// - Parameters:
  ///   - path: what errors call the stream.
  ///   - next: fills a part of a buffer with the next stored bytes and says how many; 0 at their end.
  /// - Throws: ``TensorFileError`` `io` where memory is short.
  public init(
    _ wrapper: Wrapper, path: String, next: @escaping (UnsafeMutableRawBufferPointer) throws -> Int
  ) throws {
    self.path = path
    self.wrapper = wrapper
    self.next = next
    stream.initialize(to: z_stream())
    let windowBits = wrapper == .gzip ? MAX_WBITS + 16 : -MAX_WBITS
    guard inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw TensorFileError(code: .io, path: path, reason: "no memory to expand it")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    input.deallocate()
  }

  /// Fills a buffer as far as the content reaches, and says how many bytes that is: fewer only at its end.
  /// - Throws: ``TensorFileError`` naming the stream, `truncated` or `malformed`; and what `next` throws.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count, !isOver {
      let room = min(buffer.count - done, 1 << 30)
      stream.pointee.next_out = buffer.baseAddress.map { ($0 + done).assumingMemoryBound(to: UInt8.self) }
      stream.pointee.avail_out = UInt32(room)
      try refill()
      let status = inflate(stream, Z_NO_FLUSH)
      done += room - Int(stream.pointee.avail_out)
      switch status {
      case Z_OK: break
      case Z_STREAM_END: try endMember()
      case Z_BUF_ERROR where stream.pointee.avail_in == 0: throw fault(.truncated, "the compressed data ends early")
      case Z_MEM_ERROR: throw fault(.io, "no memory to expand it")
      default: throw fault(.malformed, "the compressed data is damaged: \(message)")
      }
    }
    return done
  }

  /// Has input ready, unless there is none left.
  private func refill() throws {
    if stream.pointee.avail_in > 0 { return }
    let count = try next(input)
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(count)
  }

  /// After the end of one member: another one, or nothing at all.
  private func endMember() throws {
    try refill()
    guard stream.pointee.avail_in > 0 else {
      isOver = true
      return
    }
    guard wrapper == .gzip, stream.pointee.next_in.pointee == 0x1F else {
      throw fault(.malformed, "something follows the end of the compressed data")
    }
    guard inflateReset(stream) == Z_OK else { throw fault(.io, "no memory to expand it") }
  }

  private var message: String { stream.pointee.msg.map { String(cString: $0) } ?? "no reason given" }

  private func fault(_ code: TensorFileError.Code, _ reason: String) -> TensorFileError {
    TensorFileError(code: code, path: path, reason: reason)
  }
}
