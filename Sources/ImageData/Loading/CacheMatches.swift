/// Which record of an earlier cache holds the pixels of which file.
///
/// A file whose stamp is that of its record is trusted without being read, unless it changed so shortly before that
/// check that the stamp may not show it. Any other is read, and found again by its content, under whatever name.
struct CacheMatches: Sendable {
  private struct Match {
    /// Index into the cache's records.
    let record: UInt32
    /// Index into the stamps of files that had to be read; nil where it had not.
    var reading: UInt32?
  }

  let cache: CacheFile
  private let records: CacheIndex
  private let request: FolderRequest
  /// For each file of the request; nil where it has to be decoded.
  private let matches: [Match?]
  /// Of files that were read, from before that.
  private let stamps: [FileStamp]

  /// Looks at every file.
  init(_ cache: CacheFile, _ records: CacheIndex, _ request: FolderRequest) {
    self.cache = cache
    self.records = records
    self.request = request
    let candidates = Self.candidates(records, request.files)
    var matches = request.workers.map(request.files.count) { reader, index in
      let match = candidates(index).flatMap { Self.trusted(index, $0, cache, records, request, reader) }
      if match != nil { request.progress.add() }
      return match
    }
    let others = matches.indices.filter { matches[$0] == nil }
    var stamps: [FileStamp] = []
    if !others.isEmpty {
      let byContent = records.finderByContent()
      let found = request.workers.map(others.count) { reader, number in
        let match = Self.found(others[number], byContent, request, reader)
        if match != nil { request.progress.add() }
        return match
      }
      for case (let index, let (record, stamp)?) in zip(others, found) {
        matches[index] = Match(record: UInt32(record), reading: UInt32(stamps.count))
        stamps.append(stamp)
      }
    }
    self.matches = matches
    self.stamps = stamps
  }

  /// For each file the record of its path.
  private static func candidates(_ records: CacheIndex, _ files: [ListedFile]) -> @Sendable (Int) -> Int? {
    // Mostly the folder is as it was.
    let count = records.count
    if zip(0..<count, files).allSatisfy({ records.hasPath($0, $1.entry.path) }) { return { $0 < count ? $0 : nil } }
    let byPath = records.finderByPath()
    return { byPath(files[$0].entry.path) }
  }

  /// The record of a file whose stamp says that it is the same.
  private static func trusted(
    _ index: Int, _ number: Int, _ cache: CacheFile, _ records: CacheIndex, _ request: FolderRequest,
    _ reader: FileReader
  ) -> Match? {
    let path = request.path(index)
    let record = records[number]
    guard let stamp = FileStamp.of(path), stamp == record.stamp, !stamp.isTooFresh(for: cache.header.checked) else {
      return nil
    }
    if case .failed(let code, _) = record.result, code != .badData {
      // What the system refused to read once may be readable now.
      let content: Void? = try? reader.withContent(of: path, limit: request.options.limits.maximumFileBytes) { _ in }
      if content != nil { return nil }
    }
    return Match(record: UInt32(number))
  }

  /// A record of the content that a file has.
  private static func found(
    _ index: Int, _ byContent: (ContentDigest) -> Int?, _ request: FolderRequest, _ reader: FileReader
  ) -> (record: Int, stamp: FileStamp)? {
    let content = try? reader.withContent(of: request.path(index), limit: request.options.limits.maximumFileBytes) {
      ContentDigest(of: $0)
    }
    guard let content, let record = byContent(content), let stamp = reader.stamp else { return nil }
    return (record, stamp)
  }

  /// The images, if the cache has all that is asked for.
  func images() -> LoadedImages? {
    var (slots, skipped): ([Int], [FileNote]) = ([], [])
    slots.reserveCapacity(matches.count)
    var left: Set<Int> = []
    var allGray = true
    for (index, match) in matches.enumerated() {
      guard let match else { return nil }
      let record = records[Int(match.record)]
      if record.isGray == false { allGray = false }
      switch record.result {
      case .image(let slot, _): slots.append(slot)
      case .failed(_, let reason):
        left.insert(index)
        skipped.append(FileNote(path: request.files[index].entry.path, reason: reason))
      }
    }
    let files = request.files(without: left)
    let decoder = request.decoder(allGray: allGray)
    guard decoder.form == cache.header.form else { return nil }
    return LoadedImages(
      shape: cache.header.shape,
      source: MappedPixels(
        cache, records.pixelDigests, decoder: decoder, root: request.listing.root, files: files, slots: slots),
      files: files, slots: slots, skipped: skipped, reused: files.count)
  }

  /// Whether reading the same files again at every load would cost more than writing a cache with their new stamps.
  var areOutdated: Bool {
    stamps.count * 16 > matches.count
  }

  /// Copies the pixels of a file from the cache.
  ///
  /// - Returns: nil if the file has to be decoded.
  func reuse(_ index: Int, into pixels: UnsafeMutableRawBufferPointer) -> FileOutcome? {
    guard let match = matches[index] else { return nil }
    let record = records[Int(match.record)]
    var outcome = FileOutcome(
      promise: record.isGray.map { FileOutcome.Promise(isGray: $0, shape: cache.header.shape) },
      stamp: match.reading.map { stamps[Int($0)] } ?? record.stamp, content: record.content)
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
