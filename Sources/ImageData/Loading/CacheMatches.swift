/// Which record of an earlier cache holds the pixels of which file.
///
/// A file whose stamp is that of its record is trusted without being read, unless it changed so shortly before that
/// check that the stamp may not show it. Any other is read, and found again by its content, under whatever name.
struct CacheMatches: Sendable {
  struct Match: Sendable {
    /// Index into the cache's records.
    let record: Int
    let stamp: FileStamp
    /// Whether the file had to be read.
    let wasRead: Bool
  }

  let cache: CacheFile
  private let request: FolderRequest
  /// For each file of the request; nil where it has to be decoded.
  private let matches: [Match?]

  /// Looks at every file.
  init(_ cache: CacheFile, _ request: FolderRequest) {
    self.cache = cache
    self.request = request
    let records = cache.records
    let candidates = Self.candidates(records, request.files)
    let trusted = request.workers.map(request.files.count) { reader, index in
      let match = candidates(index).flatMap { Self.trusted(index, $0, cache, request, reader) }
      if match != nil { request.progress.add() }
      return match
    }
    let others = trusted.indices.filter { trusted[$0] == nil }
    if others.isEmpty {
      matches = trusted
      return
    }
    let byContent = Dictionary(zip(records.map(\.content), records.indices)) { first, _ in first }
    let found = request.workers.map(others.count) { reader, number in
      let match = Self.found(others[number], byContent, request, reader)
      if match != nil { request.progress.add() }
      return match
    }
    var matches = trusted
    for (index, match) in zip(others, found) { matches[index] = match }
    self.matches = matches
  }

  /// For each file the record of its path.
  private static func candidates(_ records: [CacheRecord], _ files: [ListedFile]) -> @Sendable (Int) -> Int? {
    // Mostly the folder is as it was.
    if zip(records, files).allSatisfy({ $0.path == $1.entry.path }) {
      let count = records.count
      return { $0 < count ? $0 : nil }
    }
    let byPath = Dictionary(zip(records.map(\.path), records.indices)) { first, _ in first }
    return { byPath[files[$0].entry.path] }
  }

  /// The record of a file whose stamp says that it is the same.
  private static func trusted(
    _ index: Int, _ record: Int, _ cache: CacheFile, _ request: FolderRequest, _ reader: FileReader
  ) -> Match? {
    let path = request.path(index)
    guard let stamp = FileStamp.of(path), stamp == cache.records[record].stamp,
      !stamp.isTooFresh(for: cache.header.checked)
    else { return nil }
    if case .failed(let code, _) = cache.records[record].result, code != .badData {
      // What the system refused to read once may be readable now.
      let content: Void? = try? reader.withContent(of: path, limit: request.options.limits.maximumFileBytes) { _ in }
      if content != nil { return nil }
    }
    return Match(record: record, stamp: stamp, wasRead: false)
  }

  /// A record of the content that a file has.
  private static func found(
    _ index: Int, _ byContent: [ContentDigest: Int], _ request: FolderRequest, _ reader: FileReader
  ) -> Match? {
    let content = try? reader.withContent(of: request.path(index), limit: request.options.limits.maximumFileBytes) {
      ContentDigest(of: $0)
    }
    guard let content, let record = byContent[content], let stamp = reader.stamp else { return nil }
    return Match(record: record, stamp: stamp, wasRead: true)
  }

  /// The images, if the cache has all that is asked for.
  func images() -> LoadedImages? {
    var files: [ListedFile] = []
    var slots: [Int] = []
    var skipped: [FileNote] = []
    var allGray = true
    for (file, match) in zip(request.files, matches) {
      guard let match else { return nil }
      let record = cache.records[match.record]
      if record.isGray == false { allGray = false }
      switch record.result {
      case .image(let slot, _):
        files.append(file)
        slots.append(slot)
      case .failed(_, let reason): skipped.append(FileNote(path: file.entry.path, reason: reason))
      }
    }
    let decoder = request.decoder(allGray: allGray)
    guard decoder.form == cache.header.form else { return nil }
    return LoadedImages(
      shape: cache.header.shape,
      source: MappedPixels(cache, decoder: decoder, listing: request.listing, files: files, slots: slots),
      files: files, slots: slots, skipped: skipped, reused: files.count)
  }

  /// Whether reading the same files again at every load would cost more than writing a cache with their new stamps.
  var areOutdated: Bool {
    matches.count { $0?.wasRead ?? false } * 16 > matches.count
  }

  /// Copies the pixels of a file from the cache.
  ///
  /// - Returns: nil if the file has to be decoded.
  func reuse(_ index: Int, into pixels: UnsafeMutableRawBufferPointer) -> FileOutcome? {
    guard let match = matches[index] else { return nil }
    let record = cache.records[match.record]
    var outcome = FileOutcome(
      promise: record.isGray.map { FileOutcome.Promise(isGray: $0, shape: cache.header.shape) }, stamp: match.stamp,
      content: record.content)
    switch record.result {
    case .failed(let code, let reason):
      outcome.failure = DataError(code: code, path: request.path(index), reason: reason)
    case .image(let slot, let digest):
      guard cache.file.isWhole else { return nil }
      pixels.copyMemory(from: cache.pixels(slot))
      guard ContentDigest(of: UnsafeRawBufferPointer(pixels)) == digest else { return nil }
      outcome.pixels = digest
      outcome.hasPixels = true
      outcome.isReused = true
    }
    return outcome
  }
}
