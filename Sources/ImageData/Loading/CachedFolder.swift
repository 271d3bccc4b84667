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
    let matches = CacheFile.open("\(cacheFolder.path)/\(name)", key: key).map { CacheMatches($0, $1, request) }
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
    let (writer, outcome) = try FolderForm.settle(request) { decoder, shape in
      shared = (decoder, shape)
      let writer = try CacheWriter(cacheFolder, name: name, of: folder, indexByteCount: likelyIndexByteCount)
      let header = donor?.cache.header
      let isSame = header?.form == decoder.form && header?.shape == shape
      return (writer, try decode(decoder, shape, donor: isSame ? donor : nil, to: writer))
    }
    guard let shared else { throw FolderRules.noImages(request.listing, []) }

    let files = request.kept(outcome)
    let (cache, index) = try writer.finish(key: key, shape: shared.shape, form: shared.decoder.form, checked: checked)
    let slots = Array(files.indices)
    return LoadedImages(
      shape: shared.shape,
      source: MappedPixels(
        cache, index.pixelDigests, decoder: shared.decoder, root: request.listing.root, files: files, slots: slots),
      files: files, slots: slots, skipped: request.skipped(outcome), decoded: files.count - outcome.reused,
      reused: outcome.reused)
  }

  /// Of an index in which no file is left out.
  private var likelyIndexByteCount: Int {
    request.files.reduce(folder.utf8.count) { $0 + CacheRecord.imageByteCount(path: $1.entry.path) }
  }

  private func decode(
    _ decoder: ImageDecoder, _ shape: ImageShape, donor: CacheMatches?, to writer: CacheWriter
  ) throws -> FolderOutcome {
    let perBlock = min(request.files.count, FolderDecoding.mostFiles, max(1, blockByteCount / shape.byteCount))
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: perBlock * shape.byteCount, alignment: 64)
    defer { block.deallocate() }
    let decoding = FolderDecoding(request, decoder, shape, donor: donor, wantsContentDigests: true)
    var outcome = FolderOutcome()
    for files in request.files.indices.batches(of: perBlock) {
      let (outcomes, count) = decoding.decode(files, into: block)
      try writer.append(UnsafeRawBufferPointer(rebasing: block[..<count]))
      for (file, found) in zip(files, outcomes) {
        outcome.add(found, of: file)
        writer.append(CacheRecord(path: request.files[file].entry.path, found))
      }
    }
    return outcome
  }
}

extension CacheRecord {
  /// Of a file of which something came; its place is given when it is read back.
  fileprivate init(path: String, _ outcome: FileOutcome) {
    self.init(
      path: path, stamp: outcome.stamp, content: outcome.content, isGray: outcome.promise?.isGray,
      result: outcome.failure.map { .failed($0.code, reason: $0.reason) } ?? .image(slot: 0, pixels: outcome.pixels))
  }
}
