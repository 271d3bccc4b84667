import Foundation
import RandomStreams
import Testing

@testable import ImageData

/// Whatever happens to a cache file, pixels are right or an error says otherwise.
@Suite struct CacheDamageTests {
  let place: CachePlace
  let fresh: Contents
  let whole: [UInt8]
  let name: String

  init() throws {
    place = try CachePlace()
    try writeRandomFolder(place.images, RandomStream(seed: 11), splits: false)
    fresh = try Contents(place.loadFresh())
    _ = try place.load()
    whole = try Array(Data(contentsOf: place.file))
    name = try place.file.lastPathComponent
  }

  private func check(_ bytes: [UInt8], _ comment: Comment) throws {
    try place.caches.write(bytes, to: name)
    #expect(try Contents(place.load()) == fresh, comment)
  }

  @Test func truncated() throws {
    let stream = RandomStream(seed: 12)
    for round in 0..<60 {
      let count = stream.integer(below: whole.count, at: UInt64(round))
      try check(Array(whole.prefix(count)), "\(count) bytes left")
    }
  }

  @Test func flippedBits() throws {
    let stream = RandomStream(seed: 13)
    for round in 0..<150 {
      var bytes = whole
      // Every other time among header fields, pixels and index, which are a small part of the file.
      let start = round.isMultiple(of: 2) ? 0 : CacheHeader.byteCount
      let range = round.isMultiple(of: 4) ? 160 : bytes.count - start
      let place = start + stream.integer(below: range, at: UInt64(2 * round))
      bytes[place] ^= 1 << stream.integer(below: 8, at: UInt64(2 * round + 1))
      try check(bytes, "bit flipped in byte \(place)")
    }
  }

  private var key: ContentDigest {
    // After the magic and the version.
    whole[12..<44].withUnsafeBytes { ContentDigest(stored: $0) }
  }

  @Test func indexOfNonsenseWithGoodChecksums() throws {
    let stream = RandomStream(seed: 14)
    let path = try place.file.path
    let old = try #require(CacheFile.open(path, key: key)?.file.header)
    for round in 0..<150 {
      let draw = stream.stream(round)
      var index = Array(whole[old.indexOffset...])
      for change in 0..<3 {
        let byte = draw.integer(below: index.count, at: UInt64(2 * change))
        index[byte] = UInt8(truncatingIfNeeded: draw.bits(at: UInt64(2 * change + 1)))
      }
      if round.isMultiple(of: 3) { index.removeLast(draw.integer(below: index.count, at: 9)) }
      let header = CacheHeader(
        key: old.key, shape: old.shape, form: old.form, imageCount: old.imageCount, recordCount: old.recordCount,
        checked: old.checked, index: index)
      let bytes = header.encoded + whole[CacheHeader.byteCount..<old.indexOffset] + index
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      // No crash: such a file passes for one of ours.
      _ = try? Contents(place.load())
    }
  }

  @Test func damagedPixelsOfAFileThatIsGone() throws {
    var bytes = whole
    bytes[CacheHeader.byteCount + 1] ^= 4
    let file = try place.file
    try Data(bytes).write(to: file)
    let images = try place.load()
    let first = images.files[0].entry.path
    try place.images.write([1], to: first)
    let error = try dataError { _ = try Contents(images) }
    #expect(error.path == file.path && error.reason.contains(first) && error.advice.contains("Delete"), "\(error)")
    // The next run does not meet it again.
    #expect(!FileManager.default.fileExists(atPath: file.path))
  }

  @Test func shortenedWhileInUse() throws {
    let images = try place.load()
    #expect(truncate(try place.file.path, 100) == 0)
    #expect(try dataError { _ = try Contents(images) }.reason.contains("shorter"))
  }

  @Test func otherThingsWithItsName() throws {
    let file = try place.file
    try FileManager.default.removeItem(at: file)
    #expect(mkfifo(file.path, 0o600) == 0)
    #expect(try Contents(place.load()) == fresh)
    try FileManager.default.removeItem(at: file)
    try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: "/dev/zero")
    #expect(try Contents(place.load()) == fresh)
  }

  @Test func cachesAreListedAndCleared() throws {
    let store = CacheStore(place.caches.url)
    let entry = try #require(store.entries().first)
    #expect(entry.images == fresh.paths.count && entry.bytes == whole.count)
    #expect(entry.folder == resolvedPath(place.images.url.path))
    #expect(abs(entry.lastUsed.timeIntervalSinceNow) < 3600)
    try place.caches.write([1], to: "notes.pixels")
    let abandoned = entry.url.lastPathComponent + ".x" + CacheStore.unfinishedSuffix
    try place.caches.write([1], to: abandoned)
    try place.caches.write([1], to: String(repeating: "a", count: 32) + ".pixels")
    #expect(try store.entries().map(\.images).sorted() == [0, fresh.paths.count])
    #expect(try store.clear() == 2)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.caches.url.path) == ["notes.pixels"])
    #expect(try CacheStore(URL(fileURLWithPath: "/no/such/folder")).entries().isEmpty)
    #expect(CacheStore.standard.lastPathComponent == "steadfast")
  }

  @Test func unfinishedFilesOfTheLivingStay() throws {
    let name = String(repeating: "b", count: 32) + ".pixels"
    let writer = try CacheWriter(place.caches.url, name: name, of: place.images.url.path)
    CacheStore.removeAbandoned(in: place.caches.url)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.caches.url.path).count == 2)
    withExtendedLifetime(writer) {}
  }
}
