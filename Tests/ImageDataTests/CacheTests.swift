import Foundation
import RandomStreams
import Testing

@testable import ImageData

/// A cache must never show what the folder does not hold any more.
@Suite struct CacheTests {
  /// Images may be private (XDG Base Directory Specification, 0.8).
  @Test func nobodyElseReadsACache() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], in: "images", count: 3)
    let caches = folder.url.appendingPathComponent("above/caches")
    var options = ImageFolderOptions()
    options.storage = .cache(caches)
    _ = try ImageFolder.load(folder.url.appendingPathComponent("images"), options: options)
    func mode(_ path: String) -> mode_t {
      var status = stat()
      return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }
    let file = try #require(try CacheStore(caches).entries().first)
    #expect(mode(file.url.path) == 0o600 && mode(caches.path) == 0o700)
    #expect(mode(caches.deletingLastPathComponent().path) == 0o700)
  }

  let place: CachePlace

  init() throws {
    place = try CachePlace()
    try place.images.writeClasses(["a", "b", "c"], count: 20)
  }

  private func png(_ seed: UInt64) throws -> [UInt8] {
    try PNG.encode(randomImage(RandomStream(seed: seed), width: 3, height: 2, channels: 1))
  }

  private func move(_ from: String, to: String) throws {
    let root = place.images.url
    try FileManager.default.moveItem(at: root.appendingPathComponent(from), to: root.appendingPathComponent(to))
  }

  /// Loads, and requires what a load without cache gives.
  private func expect(
    decoded: Int, reused: Int, _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let images = try place.load()
    #expect(images.decoded == decoded && images.reused == reused, comment, sourceLocation: sourceLocation)
    #expect(try Contents(images) == Contents(place.loadFresh()), comment, sourceLocation: sourceLocation)
  }

  @Test func secondLoadDecodesNothing() throws {
    try expect(decoded: 60, reused: 0, "first")
    let inode = try place.inode
    try expect(decoded: 0, reused: 60, "second")
    #expect(try place.inode == inode)
  }

  @Test func freshFilesAreReadAgainAndTrustedOnceTheyRest() throws {
    #expect(try place.load(secondsLater: 0).decoded == 60)
    let inode = try place.inode
    // All could have changed after they were read, without a later stamp.
    #expect(try place.load().reused == 60)
    let rewritten = try place.inode
    #expect(rewritten != inode)
    #expect(try place.load().reused == 60)
    #expect(try place.inode == rewritten)
  }

  @Test func fewFreshFilesAreNotWorthAnotherCache() throws {
    _ = try place.load()
    let inode = try place.inode
    try move("a/3.png", to: "a/3x.png")
    try expect(decoded: 0, reused: 60, "renamed")
    #expect(try place.inode == inode)
  }

  @Test func addedAndRemoved() throws {
    _ = try place.load()
    try place.images.write(png(2), to: "b/new.png")
    try expect(decoded: 1, reused: 60, "added")
    try FileManager.default.removeItem(at: place.images.url.appendingPathComponent("a/0.png"))
    try expect(decoded: 0, reused: 60, "removed")
  }

  @Test func renamedBetweenClasses() throws {
    _ = try place.load()
    try move("a/3.png", to: "c/from-a.png")
    try move("b/3.png", to: "b/0aa.png")
    try expect(decoded: 0, reused: 60, "renamed")
  }

  @Test func swapped() throws {
    _ = try place.load()
    try move("a/1.png", to: "spare")
    try move("b/1.png", to: "a/1.png")
    try move("spare", to: "b/1.png")
    try expect(decoded: 0, reused: 60, "swapped")
  }

  @Test func editedWithItsOldTimeAndSize() throws {
    _ = try place.load()
    let path = place.images.url.appendingPathComponent("a/7.png").path
    var status = stat()
    #expect(stat(path, &status) == 0)
    let old = try Data(contentsOf: URL(fileURLWithPath: path))
    // Written into the same file, so that its number stays, and an image of as many bytes.
    var new = try png(3)
    for seed in UInt64(4)..<1000 where new.count != old.count { new = try png(seed) }
    #expect(new.count == old.count)
    let file = open(path, O_WRONLY)
    #expect(new.withUnsafeBytes { writeAll($0, to: file, at: 0) })
    var times = [status.st_atim, status.st_mtim]
    #expect(futimens(file, &times) == 0)
    close(file)
    let stamp = try #require(FileStamp.of(path))
    #expect(stamp.modified == FileStamp(status).modified && stamp.inode == FileStamp(status).inode)
    try expect(decoded: 1, reused: 59, "edited")
  }

  @Test func replacedByALink() throws {
    _ = try place.load()
    try FileManager.default.removeItem(at: place.images.url.appendingPathComponent("a/7.png"))
    try place.images.link("a/7.png", to: "../b/7.png")
    try expect(decoded: 0, reused: 60, "linked")
  }

  @Test func damagedAndRepaired() throws {
    let good = try Data(contentsOf: place.images.url.appendingPathComponent("a/7.png"))
    try place.images.write([1, 2, 3], to: "a/7.png")
    try expect(decoded: 59, reused: 0, "damaged")
    try expect(decoded: 0, reused: 59, "still damaged")
    try place.images.write(Array(good), to: "a/7.png")
    try expect(decoded: 1, reused: 59, "repaired")
    let strict = ImageFolderOptions(strict: true)
    #expect(try place.load(strict).skipped.isEmpty)
    try place.images.write([1, 2, 3], to: "a/8.png")
    #expect(try dataError { _ = try place.load(strict) }.path.hasSuffix("a/8.png"))
    #expect(try place.load().skipped.count == 1)
    #expect(try dataError { _ = try place.load(strict) }.path.hasSuffix("a/8.png"))
  }

  @Test func oneColourImageChangesTheForm() throws {
    _ = try place.load()
    let color = try randomImage(RandomStream(seed: 3), width: 3, height: 2, channels: 3)
    try place.images.write(PNG.encode(color), to: "c/z.png")
    try expect(decoded: 61, reused: 0, "colour came")
    #expect(try place.load().shape.channels == 3)
    try FileManager.default.removeItem(at: place.images.url.appendingPathComponent("c/z.png"))
    try expect(decoded: 60, reused: 0, "colour went")
    #expect(try place.load().shape.channels == 1)
  }

  @Test func allImagesOfAnotherSize() throws {
    _ = try place.load()
    try place.images.writeClasses(["a", "b", "c"], count: 20, width: 5)
    try expect(decoded: 60, reused: 0, "resized")
    try place.images.writeClasses(["a"], count: 1)
    let mixed = try dataError { _ = try place.load() }
    #expect(mixed.reason == "images of mixed size: a/0.png has 3 × 2, a/1.png has 5 × 2", "\(mixed)")
  }

  @Test func policiesHaveCachesOfTheirOwn() throws {
    _ = try place.load()
    var white = DecodingPolicy()
    white.background = .white
    #expect(try place.load(.init(decoding: white)).decoded == 60)
    #expect(try place.load().reused == 60)
    #expect(try CacheStore(place.caches.url).entries().count == 2)
  }

  @Test func aCacheThatCannotBeWritten() throws {
    try place.caches.write([1], to: "file")
    let storage = ImageFolderOptions.Storage.cache(place.caches.url.appendingPathComponent("file/deeper"))
    let loaded = try ImageFolder.load(place.images.url, options: .init(storage: storage))
    #expect(loaded.notes.count == 1 && loaded.notes[0].contains("could not be written"), "\(loaded.notes)")
    let fresh = try ImageFolder.load(place.images.url)
    #expect(try same(loaded.train, fresh.train) && same(loaded.test, fresh.test) && fresh.notes.isEmpty)
    let error = try dataError {
      _ = try ImageFolder.load(place.images.url, options: .init(maximumBytes: 100, storage: storage))
    }
    #expect(error.advice.contains("could not be written"), "\(error)")
  }

  @Test func memoryMayBeSmallerThanTheFolder() throws {
    #expect(try place.load(.init(maximumBytes: 1)).decoded == 60)
  }

  @Test func oldReadersKeepTheirPixels() throws {
    let first = try place.load()
    let before = try Contents(first)
    try place.images.writeClasses(["a", "b", "c"], count: 20, height: 7)
    #expect(try place.load().decoded == 60)
    #expect(try Contents(first) == before)
  }

  @Test func buildsAtOnce() throws {
    nonisolated(unsafe) let place = place
    let fresh = try Contents(place.loadFresh())
    let same = FileWorkers(threads: 8).map(8) { _, _ in (try? Contents(place.load())) == fresh }
    #expect(same.allSatisfy { $0 })
    #expect(try place.load().reused == 60)
    _ = try place.file
  }

  /// Files come in blocks, and those left out of one leave no gap in the next.
  @Test func manyFiles() throws {
    let good = place.images.url.appendingPathComponent("a/0.png").path
    for number in 0..<FolderDecoding.mostFiles + 100 {
      if number % 1000 == 7 {
        try place.images.write([1, 2, 3], to: "d/\(number).png")
      } else {
        try FileManager.default.createDirectory(
          at: place.images.url.appendingPathComponent("d"), withIntermediateDirectories: true)
        #expect(link(good, place.images.url.appendingPathComponent("d/\(number).png").path) == 0)
      }
    }
    let count = 60 + FolderDecoding.mostFiles + 95
    try expect(decoded: count, reused: 0, "built")
    try expect(decoded: 0, reused: count, "found")
    let images = try place.load()
    #expect(images.skipped.count == 5 && images.files.count == count)
    // Those of the last class that are not in the first block have the pixels of the one file as well.
    let sample = try Contents(images)
    #expect(sample.pixels.suffix(6) == sample.pixels.prefix(6) && sample.pixels.count == 6 * count)
  }

  /// A folder whose files moved about is found by path and by content, whatever their order was.
  @Test func reordered() throws {
    _ = try place.load()
    try move("a", to: "spare")
    try move("c", to: "a")
    try move("spare", to: "c")
    for number in 0..<10 { try move("b/\(number).png", to: "b/x\(19 - number).png") }
    try expect(decoded: 0, reused: 60, "reordered")
  }

  @Test func progressReachesTheTotalOnce() throws {
    for round in 0..<3 {
      let seen = SeenProgress()
      if round == 2 { try place.images.write(png(2), to: "b/new.png") }
      _ = try ImageFolder.load(
        place.images.url, options: .init(progress: { seen.add($0, $1) }, storage: .cache(place.caches.url)))
      let total = round == 2 ? 61 : 60
      #expect(seen.calls.last.map { $0 == (total, total) } == true, "round \(round): \(seen.calls)")
      #expect(seen.calls.map(\.0) == Set(seen.calls.map(\.0)).sorted(), "round \(round): \(seen.calls)")
    }
  }
}

/// Progress comes one call at a time, and is read after loading has returned.
final class SeenProgress: @unchecked Sendable {
  private(set) var calls: [(Int, Int)] = []
  func add(_ done: Int, _ total: Int) { calls.append((done, total)) }
}
