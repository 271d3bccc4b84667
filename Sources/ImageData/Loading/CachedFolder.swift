import Crypto
import Foundation
import TensorFiles

/// Loads a folder through a cache file.
struct CachedFolder {
  private let request: FolderRequest
  private let cacheFolder: URL
  private let blockByteCount: Int
  private let checked: Int64

  /// - Parameters:
  ///   - blockByteCount: about how many bytes of pixels are in memory at once while a cache is built.
  ///   - now: in nanoseconds since 1970; from before any file is looked at, so that later changes have later stamps.
  init(_ request: FolderRequest, cacheFolder: URL, blockByteCount: Int = 32 << 20, now: Int64 = FileStamp.now) {
    self.request = request
    self.cacheFolder = cacheFolder
    self.blockByteCount = blockByteCount
    checked = now
  }

  /// - Throws: `DataError` as `FolderForm.settle`, or if the cache cannot be written and memory is too small.
  func load() throws -> LoadedImages {
    let key = try key()
    let name = key.hexadecimal.prefix(32) + CacheStore.suffix
    let matches = CacheFile("\(cacheFolder.path)/\(name)", key: key).map { CacheMatches($0, request) }
    let ready = matches?.images()
    if let matches, let ready, !matches.areOutdated { return try used(ready, matches.cache) }
    do {
      return try build(String(name), key, donor: matches)
    } catch let failure as CacheWriteError {
      if let matches, let ready { return try used(ready, matches.cache) }
      let problem = "the cache in \(cacheFolder.path) could not be written: \(failure.reason)"
      request.progress.restart()
      var images = try MemoryFolder.load(
        request,
        advice: "That much is only possible in a cache, and \(problem). Make room there, or name another folder.")
      images.notes.append("Images are in memory, for \(problem).")
      return images
    }
  }

  private func used(_ images: LoadedImages, _ cache: CacheFile) throws -> LoadedImages {
    if request.options.strict { try FolderRules.checkNone(images.skipped, root: request.listing.root) }
    cache.touch()
    return images
  }

  /// Names what is decoded and how.
  private func key() throws -> ContentDigest {
    // Not `JSONEncoder.canonical`: caches are named by the digest of these very bytes, escaped slashes included.
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var hash = SHA256()
    hash.update(data: Data((folder + "\0").utf8))
    hash.update(data: try encoder.encode(request.options.decoding))
    hash.update(data: try encoder.encode(request.options.limits))
    return ContentDigest(hash.finalize())
  }

  /// Without links.
  private var folder: String { resolvedPath(request.listing.origin) ?? request.listing.origin }

  private func build(_ name: String, _ key: ContentDigest, donor: CacheMatches?) throws -> LoadedImages {
    var shared: (decoder: ImageDecoder, shape: ImageShape)?
    CacheStore.removeAbandoned(in: cacheFolder)
    let (writer, outcomes) = try FolderForm.settle(request) { decoder, shape in
      shared = (decoder, shape)
      let writer = try CacheWriter(cacheFolder, name: name)
      let header = donor?.cache.header
      let isSame = header?.form == decoder.form && header?.shape == shape
      return (writer, try decode(decoder, shape, donor: isSame ? donor : nil, to: writer))
    }
    guard let shared else { throw FolderRules.noImages(request.listing, []) }

    let files = request.kept(outcomes)
    let index = index(outcomes)
    let cache = try writer.finish(
      CacheHeader(
        key: key, shape: shared.shape, form: shared.decoder.form, imageCount: files.count,
        recordCount: request.files.count, checked: checked, index: index),
      index: index)
    let slots = Array(files.indices)
    let reused = outcomes.count(where: \.isReused)
    return LoadedImages(
      shape: shared.shape,
      source: MappedPixels(cache, decoder: shared.decoder, listing: request.listing, files: files, slots: slots),
      files: files, slots: slots, skipped: request.skipped(outcomes), decoded: files.count - reused, reused: reused)
  }

  private func decode(
    _ decoder: ImageDecoder, _ shape: ImageShape, donor: CacheMatches?, to writer: CacheWriter
  ) throws -> [FileOutcome] {
    let perBlock = min(request.files.count, max(1, blockByteCount / shape.byteCount))
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: perBlock * shape.byteCount, alignment: 64)
    defer { block.deallocate() }
    let decoding = FolderDecoding(request, decoder, shape, donor: donor, wantsContentDigests: true)
    var outcomes: [FileOutcome] = []
    outcomes.reserveCapacity(request.files.count)
    for files in request.files.indices.batches(of: perBlock) {
      let (more, count) = decoding.decode(files, into: block)
      outcomes += more
      try writer.append(UnsafeRawBufferPointer(rebasing: block[..<count]))
    }
    return outcomes
  }

  /// The folder's path, then a record for every file.
  private func index(_ outcomes: [FileOutcome]) -> [UInt8] {
    var writer = ByteWriter()
    writer.string(folder)
    for (file, outcome) in zip(request.files, outcomes) {
      let result =
        outcome.failure.map { CacheRecord.Result.failed($0.code, reason: $0.reason) }
        ?? .image(slot: 0, pixels: outcome.pixels)
      CacheRecord(
        path: file.entry.path, stamp: outcome.stamp, content: outcome.content, isGray: outcome.promise?.isGray,
        result: result
      ).encode(to: &writer)
    }
    return writer.bytes
  }
}
