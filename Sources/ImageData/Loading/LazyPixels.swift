import Foundation

/// Pixels that are decoded when they are first asked for, each image once, and kept in a temporary file without a name:
/// the system holds in memory what there is room for, and frees the disk when the process ends.
final class LazyPixels: PixelSource, @unchecked Sendable {
  private enum State: UInt8 {
    /// Not decoded, or there was no room to keep it.
    case absent
    /// Some thread decodes it now.
    case claimed
    case stored
  }

  private let request: FolderRequest
  private let decoder: ImageDecoder
  private let shape: ImageShape
  /// nil where there is none: images are then decoded every time.
  private let store: MappedFile?
  let isInMemory = false
  /// What to tell about that.
  let note: String?
  /// Guards `states`; signalled when a claim ends.
  private let condition = NSCondition()
  private var states: [State]

  /// - Throws: `DataError` if the images have more bytes than can be counted.
  init(_ request: FolderRequest, _ decoder: ImageDecoder, _ shape: ImageShape) throws {
    self.request = request
    self.decoder = decoder
    self.shape = shape
    states = Array(repeating: .absent, count: request.files.count)
    guard let size = byteCount(request.files.count, shape.byteCount) else {
      throw DataError(
        code: .badData, path: request.listing.origin, reason: "its pixels are more bytes than can be counted")
    }
    store = Self.temporaryFile(size)
    note =
      store == nil
      ? "Images are decoded every time they are used, for no temporary file could be made in "
        + "\(FileManager.default.temporaryDirectory.path)." : nil
  }

  /// As sparse as the file system allows, and already without a name.
  private static func temporaryFile(_ size: Int) -> MappedFile? {
    let path = FileManager.default.temporaryDirectory.path + "/steadfast-XXXXXX"
    var name = Array(path.utf8CString)
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else { return nil }
    unlink(name)
    guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0, ftruncate(descriptor, off_t(size)) == 0 else {
      close(descriptor)
      return nil
    }
    return try? MappedFile(descriptor, count: max(1, size), path: path)
  }

  func read(_ indices: [Int], into pixels: UnsafeMutableRawBufferPointer) throws {
    let size = shape.byteCount
    // Every position is written by one thread.
    nonisolated(unsafe) let pixels = pixels
    @Sendable func place(_ position: Int) -> UnsafeMutableRawBufferPointer {
      UnsafeMutableRawBufferPointer(rebasing: pixels[position * size..<(position + 1) * size])
    }
    var left = Array(indices.indices)
    while !left.isEmpty {
      let (stored, claimed, others) = claim(left, of: indices)
      let results = request.workers.map(claimed.count) { reader, number in
        let position = claimed[number]
        return Result { try self.decode(indices[position], into: place(position), reader) }
      }
      release(claimed.map { indices[$0] }, results)
      for result in results { _ = try result.get() }
      for position in stored {
        guard let store else { continue }
        let start = indices[position] * size
        place(position).copyMemory(from: UnsafeRawBufferPointer(rebasing: store.bytes[start..<start + size]))
      }
      left = others
    }
  }

  /// Divides positions into those whose image is stored, those that the caller has to decode, and those that another
  /// position or thread decodes. Waits where there are only such.
  private func claim(_ positions: [Int], of indices: [Int]) -> (stored: [Int], claimed: [Int], others: [Int]) {
    condition.lock()
    defer { condition.unlock() }
    while positions.allSatisfy({ states[indices[$0]] == .claimed }) { condition.wait() }
    var (stored, claimed, others): ([Int], [Int], [Int]) = ([], [], [])
    for position in positions {
      switch states[indices[position]] {
      case .stored: stored.append(position)
      case .claimed: others.append(position)
      case .absent:
        states[indices[position]] = .claimed
        claimed.append(position)
      }
    }
    return (stored, claimed, others)
  }

  private func release(_ indices: [Int], _ results: [Result<Bool, any Error>]) {
    condition.lock()
    for (index, result) in zip(indices, results) {
      states[index] = (try? result.get()) == true ? .stored : .absent
    }
    condition.broadcast()
    condition.unlock()
  }

  /// Whether the image could be kept.
  private func decode(_ index: Int, into pixels: UnsafeMutableRawBufferPointer, _ reader: FileReader) throws -> Bool {
    let path = request.path(index)
    do {
      _ = try decoder.decode(contentsOf: path, into: pixels, reader) { promise in
        guard promise.shape == shape else {
          throw DataError(
            code: .badData, path: path, reason: "has \(promise.shape), and the folder's images have \(shape)")
        }
        return true
      }
    } catch {
      let error = DataError(path: path, error: error)
      throw DataError(
        code: error.code, path: path, reason: error.reason,
        advice: "Repair or remove it, or load the folder without lazy storage, which leaves out damaged files.")
    }
    guard let store else { return false }
    return writeAll(UnsafeRawBufferPointer(pixels), to: store.descriptor, at: index * shape.byteCount)
  }
}
