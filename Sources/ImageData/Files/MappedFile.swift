import Foundation

/// An open file, its first bytes in the address space for reading: the system keeps in memory what it can, and drops it
/// where memory is short.
final class MappedFile: Sendable {
  let descriptor: Int32
  private let mapping: Mapping

  private struct Mapping: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
  }

  /// Takes over the descriptor, also where it throws.
  ///
  /// - Parameter count: bytes to map, at least 1; read only those that the file has.
  /// - Throws: `DataError` naming `path` if the system refuses.
  init(_ descriptor: Int32, count: Int, path: String) throws {
    self.descriptor = descriptor
    guard let start = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
      let error = FileReader.systemError(path)
      close(descriptor)
      throw error
    }
    mapping = Mapping(bytes: UnsafeRawBufferPointer(start: start, count: count))
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: mapping.bytes.baseAddress), mapping.bytes.count)
    close(descriptor)
  }

  /// Valid as long as this object.
  var bytes: UnsafeRawBufferPointer { mapping.bytes }

  /// What the file system says of the file now, nil where it fails.
  var status: stat? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status : nil
  }

  /// Whether all mapped bytes are still in the file. Touching others would kill the process.
  var isWhole: Bool { status.map { Int($0.st_size) >= bytes.count } ?? false }
}

/// Reads or writes all of a buffer at an offset; false where the system refuses or the file ends.
func transferAll(_ count: Int, _ step: (_ done: Int, _ left: Int) -> Int) -> Bool {
  var done = 0
  while done < count {
    // One call moves at most about 2 GiB.
    let moved = step(done, min(count - done, 1 << 30))
    if moved > 0 {
      done += moved
    } else if moved == 0 || errno != EINTR {
      if moved == 0 { errno = EIO }
      return false
    }
  }
  return true
}

func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int) -> Bool {
  transferAll(bytes.count) { done, left in
    guard let start = bytes.baseAddress else { return 0 }
    return pwrite(descriptor, start + done, left, off_t(offset + done))
  }
}

func readAll(_ bytes: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int) -> Bool {
  transferAll(bytes.count) { done, left in
    guard let start = bytes.baseAddress else { return 0 }
    return pread(descriptor, start + done, left, off_t(offset + done))
  }
}
