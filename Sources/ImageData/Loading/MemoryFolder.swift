/// Decodes a folder into memory.
enum MemoryFolder {
  /// The pixels would take more memory than is allowed.
  private struct TooLarge: Error {
    let error: DataError
  }

  /// - Parameter advice: for the error of too many images.
  /// - Throws: `DataError` as `FolderForm.settle`, or if the pixels would take more than the options allow.
  static func load(
    _ request: FolderRequest, advice: String = "Use a cache, use fewer or smaller images, or raise the limit."
  ) throws -> LoadedImages {
    do {
      return try decode(request, without: [], advice)
    } catch let large as TooLarge {
      // Files that are no images may be why, or a first file larger than the others: find out before giving up.
      let survey = try FolderSurvey.settled(request).survey
      guard survey.files.count < request.files.count else { throw large.error }
      do {
        return try decode(request.keeping(survey.files), without: survey.skipped, advice)
      } catch let large as TooLarge {
        throw large.error
      }
    }
  }

  private static func decode(
    _ request: FolderRequest, without skipped: [FileNote], _ advice: String
  ) throws -> LoadedImages {
    var shared: ImageShape?
    let ((pixels, digests), outcome) = try FolderForm.settle(request) { decoder, shape in
      try checkMemory(request, shape, advice)
      shared = shape
      let decoding = FolderDecoding(request, decoder, shape, donor: nil, wantsContentDigests: false)
      var (digests, outcome): ([ContentDigest], FolderOutcome) = ([], FolderOutcome())
      digests.reserveCapacity(request.files.count)
      let pixels = [UInt8](unsafeUninitializedCapacity: request.files.count * shape.byteCount) { buffer, count in
        let buffer = UnsafeMutableRawBufferPointer(buffer)
        for files in request.files.indices.batches(of: FolderDecoding.mostFiles) {
          let (outcomes, more) = decoding.decode(files, into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
          count += more
          for (file, found) in zip(files, outcomes) {
            outcome.add(found, of: file)
            if found.hasPixels { digests.append(found.pixels) }
          }
        }
      }
      return ((pixels, digests), outcome)
    }
    guard let shared else { throw FolderRules.noImages(request.listing, skipped) }
    let files = request.kept(outcome)
    return LoadedImages(
      shape: shared, source: MemoryPixels(bytes: pixels, imageBytes: shared.byteCount, digests: digests), files: files,
      slots: Array(files.indices), skipped: skipped + request.skipped(outcome), decoded: files.count)
  }

  private static func checkMemory(_ request: FolderRequest, _ shape: ImageShape, _ advice: String) throws {
    let (count, limit) = (request.files.count, request.options.maximumBytes)
    guard byteCount(count, shape.byteCount).map({ $0 <= limit }) != true else { return }
    throw TooLarge(
      error: DataError(
        code: .badData, path: request.listing.origin,
        reason: "\(count) images of \(shape) take more than \(limit) bytes of memory", advice: advice))
  }
}
