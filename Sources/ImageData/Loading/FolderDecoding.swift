import Synchronization

/// Decodes files into a buffer, each read once, as if all were what the first one is.
///
/// Where a file turns out different, there is no use in decoding the rest: from then on only headers are read, which is
/// what an error message or a second attempt needs.
final class FolderDecoding: Sendable {
  /// Most files of one call: what comes of a file takes more memory than many an image.
  static let mostFiles = 4096

  private let request: FolderRequest
  private let decoder: ImageDecoder
  private let shape: ImageShape
  /// Holds pixels that need no decoding.
  private let donor: CacheMatches?
  /// Of the files' bytes: only a cache does.
  private let wantsContentDigests: Bool
  private let isPointless = Atomic(false)

  init(
    _ request: FolderRequest, _ decoder: ImageDecoder, _ shape: ImageShape, donor: CacheMatches?,
    wantsContentDigests: Bool
  ) {
    self.request = request
    self.decoder = decoder
    self.shape = shape
    self.donor = donor
    self.wantsContentDigests = wantsContentDigests
  }

  /// Decodes some of the request's files; the good ones come to lie one after another at the start of the buffer.
  ///
  /// - Parameter pixels: holds as many images as there are files.
  /// - Returns: for each file what came of it, and how many bytes are in use.
  func decode(_ range: Range<Int>, into pixels: UnsafeMutableRawBufferPointer) -> ([FileOutcome], Int) {
    let size = shape.byteCount
    // Each file has its own stretch of the buffer.
    nonisolated(unsafe) let pixels = pixels
    let outcomes = request.workers.map(range.count) { reader, index in
      let place = UnsafeMutableRawBufferPointer(rebasing: pixels[index * size..<(index + 1) * size])
      if let reused = self.donor?.reuse(range.lowerBound + index, into: place) { return reused }
      defer { self.request.progress.add() }
      return self.outcome(range.lowerBound + index, place, reader)
    }
    var kept = 0
    for (index, outcome) in outcomes.enumerated() where outcome.hasPixels {
      if kept < index {
        // Close the gap that files before this one left.
        UnsafeMutableRawBufferPointer(rebasing: pixels[(kept * size)...])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: pixels[index * size..<(index + 1) * size]))
      }
      kept += 1
    }
    return (outcomes, kept * size)
  }

  private func outcome(_ index: Int, _ pixels: UnsafeMutableRawBufferPointer, _ reader: FileReader) -> FileOutcome {
    var outcome = FileOutcome()
    let path = request.path(index)
    do {
      outcome.hasPixels = try decoder.decode(contentsOf: path, into: pixels, reader) { bytes in
        if wantsContentDigests { outcome.content = ContentDigest(of: bytes) }
      } if: { promise in
        outcome.promise = promise
        if promise.shape != shape || !fits(promise) { isPointless.store(true, ordering: .relaxed) }
        return !isPointless.load(ordering: .relaxed)
      }
      if outcome.hasPixels { outcome.pixels = ContentDigest(of: UnsafeRawBufferPointer(pixels)) }
    } catch {
      outcome.failure = DataError(path: path, error: error)
    }
    outcome.stamp = reader.stamp ?? .none
    return outcome
  }

  /// Whether the form stays what it is in a folder with such a file.
  private func fits(_ promise: FileOutcome.Promise) -> Bool {
    promise.isGray || ImageDecoder.form(request.options.decoding, allGray: false) == decoder.form
  }
}
