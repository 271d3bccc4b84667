import Foundation

/// Decodes files of one size into one buffer a set.
struct FolderDecoding: Sendable {
  let listing: FolderListing
  /// The size and form that all files share.
  let header: PNGHeader
  let decoder: ImageDecoder
  let options: ImageFolderOptions

  /// The sets, and the files that turned out damaged.
  ///
  /// - Throws: `DataError` if the pixels would take more than the options allow.
  func decode(_ sets: [[FolderListing.Entry]]) throws -> ([ImageSet], [SkippedFile]) {
    let total = sets.reduce(0) { $0 + $1.count }
    let shape = try decoder.shape(of: header)
    guard let bytes = byteCount(total, shape.byteCount), bytes <= options.maximumBytes else {
      throw DataError(
        code: .badData, path: listing.root,
        reason: "\(total) images of \(shape) take more than "
          + "\(options.maximumBytes) bytes of memory",
        advice: "Use fewer or smaller images, or raise the limit.")
    }
    var skipped: [SkippedFile] = []
    var done = 0
    let decoded = try sets.map { entries in
      let before = done
      done += entries.count
      return try decode(entries, shape, before: before, total: total, skipped: &skipped)
    }
    return (decoded, skipped)
  }

  private func decode(
    _ entries: [FolderListing.Entry], _ shape: ImageShape, before: Int, total: Int, skipped: inout [SkippedFile]
  ) throws -> ImageSet {
    let report = options.progress.map { progress in
      { @Sendable (done: Int, _: Int) in progress(before + done, total) }
    }
    let workers = FileWorkers(threads: options.threads, progress: report)
    let size = shape.byteCount
    var kept: [FolderListing.Entry] = []
    let pixels = [UInt8](unsafeUninitializedCapacity: entries.count * size) { buffer, initialized in
      // Each file has its own stretch of the buffer.
      nonisolated(unsafe) let pixels = UnsafeMutableRawBufferPointer(buffer)
      let failures = workers.map(entries.count) { reader, index -> (any Error)? in
        let place = UnsafeMutableRawBufferPointer(rebasing: pixels[index * size..<(index + 1) * size])
        return decode(entries[index], into: place, reader)
      }
      for (index, entry) in entries.enumerated() {
        if let error = failures[index] {
          skipped.append(SkippedFile(path: entry.path, error: error))
          continue
        }
        if kept.count < index, let base = pixels.baseAddress {
          // Close the gap that damaged files before this one left.
          memmove(base + kept.count * size, base + index * size, size)
        }
        kept.append(entry)
      }
      initialized = kept.count * size
    }
    return try ImageSet(
      shape: shape, pixels: pixels, labels: kept.map(\.label), classes: listing.classes, paths: kept.map(\.path))
  }

  private func decode(
    _ entry: FolderListing.Entry, into pixels: UnsafeMutableRawBufferPointer, _ reader: FileReader
  ) -> (any Error)? {
    let path = listing.file(entry)
    do {
      try reader.withContent(of: path, limit: options.limits.maximumFileBytes) { bytes in
        _ = try decoder.decode(bytes, path: path, into: pixels)
      }
      return nil
    } catch {
      return error
    }
  }
}
