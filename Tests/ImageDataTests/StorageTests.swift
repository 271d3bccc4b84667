import Foundation
import RandomStreams
import Testing

@testable import ImageData

/// Where pixels are kept must not show.
@Suite struct StorageTests {
  private func same(_ a: ImageFolder, _ b: ImageFolder) throws -> Bool {
    try ImageDataTests.same(a.train, b.train) && ImageDataTests.same(a.test, b.test) && a.skipped == b.skipped
      && a.train.digest == b.train.digest && a.test.digest == b.test.digest
  }

  @Test func allStoragesAgree() throws {
    for seed in 0..<16 {
      let stream = RandomStream(seed: UInt64(seed))
      let place = try CachePlace()
      try writeRandomFolder(place.images, stream, splits: seed.isMultiple(of: 2))
      let memory = try ImageFolder.load(place.images.url, options: .init(threads: 1))
      for threads in [1, 2, 5] {
        for storage in [ImageFolderOptions.Storage.memory, .cache(place.caches.url)] {
          let other = try ImageFolder.load(place.images.url, options: .init(threads: threads, storage: storage))
          #expect(try same(other, memory), "seed \(seed), \(threads) threads, \(storage)")
          #expect(other.decoded + other.reused == memory.train.count + memory.test.count, "seed \(seed)")
        }
      }
      let one = try place.load(block: 6)
      for block in [1, 13, 1000] {
        try FileManager.default.removeItem(at: place.file)
        #expect(try Contents(place.load(block: block)) == Contents(one), "seed \(seed), block \(block)")
      }
    }
  }

  @Test func whatIsInBothSplitsIsTold() throws {
    for split in [true, false] {
      let place = try CachePlace()
      for name in split ? ["train", "test"] : [""] { try place.images.writeClasses(["a", "b"], in: name, count: 8) }
      func notes(_ storage: ImageFolderOptions.Storage) throws -> [String] {
        try ImageFolder.load(place.images.url, options: .init(storage: storage)).notes
      }
      for storage in [ImageFolderOptions.Storage.memory, .cache(place.caches.url), .lazily] {
        #expect(try notes(storage).isEmpty, "\(storage)")
      }
      // The same pixels in other files, of another class too: whatever is drawn, one of 8 is a train image.
      let image = try randomImage(RandomStream(seed: 9), width: 3, height: 2, channels: 1)
      let rgb = try Image(width: 3, height: 2, channels: 3, pixels: image.pixels.flatMap { [$0, $0, $0] })
      for number in 0..<8 {
        for name in ["a", "b"] {
          let file = try number == 0 ? PNG.encode(rgb) : PNG.encode(image)
          try place.images.write(file, to: (split ? (number < 6 ? "train/" : "test/") : "") + "\(name)/\(number).png")
        }
      }
      var options = ImageFolderOptions(decoding: .gray)
      for storage in [ImageFolderOptions.Storage.memory, .cache(place.caches.url), .cache(place.caches.url)] {
        options.storage = storage
        let loaded = try ImageFolder.load(place.images.url, options: options)
        let count = split ? 4 : loaded.test.count
        let note = try #require(loaded.notes.first)
        #expect(loaded.notes.count == 1 && note.hasPrefix("\(count) test images are also in train:"), "\(note)")
        #expect(note.contains("steadfast data inspect"))
      }
    }
  }

  /// eXIf may follow the pixels (PNG specification, 5.6), further on than the beginning that a header is read from.
  @Test func aLateTurnOfALargeFileIsSeen() throws {
    let place = try CachePlace()
    let exif: [UInt8] = Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]
    let end = HandmadePNG.chunk("IEND", [])
    for name in ["a", "b"] {
      for number in 0..<3 {
        let draws = RandomStream(seed: 1).stream(name).stream(number)
        let rows = (0..<200).flatMap { row -> [UInt8] in
          [0] + (0..<400).map { UInt8(truncatingIfNeeded: draws.bits(at: UInt64(row * 400 + $0))) }
        }
        let file = HandmadePNG(width: 400, height: 200, rows: rows).bytes
        let turned = Array(file.dropLast(end.count)) + HandmadePNG.chunk("eXIf", exif) + end
        try place.images.write(turned, to: "\(name)/\(number).png")
      }
    }
    var options = ImageFolderOptions()
    options.decoding.orientation = .upright
    for storage in [ImageFolderOptions.Storage.memory, .cache(place.caches.url), .lazily] {
      options.storage = storage
      let loaded = try ImageFolder.load(place.images.url, options: options)
      #expect((loaded.train.width, loaded.train.height, loaded.train.count) == (200, 400, 4), "\(storage)")
      let stored = try PNG.decode(contentsOf: place.images.url.appendingPathComponent(loaded.train.paths[0]))
      // Orientation 6: the first column is what shows at the top.
      let first = (0..<200).map { stored.pixels[(199 - $0) * 400] }
      #expect(try Array(loaded.train.image(at: 0).pixels.prefix(200)) == first, "\(storage)")
    }
    options.storage = .memory
    options.decoding.sizing = Sizing(height: 40, width: 20)
    #expect(try ImageFolder.load(place.images.url, options: options).skipped.isEmpty)
  }

  @Test func lazyAgreesOnSoundFolders() throws {
    for seed in 100..<110 {
      let stream = RandomStream(seed: UInt64(seed))
      let folder = try TemporaryFolder()
      try writeRandomFolder(folder, stream, splits: seed.isMultiple(of: 2), damage: false)
      try folder.write([1, 2], to: seed.isMultiple(of: 2) ? "train/a/bad.png" : "a/bad.png")
      let memory = try ImageFolder.load(folder.url)
      for threads in [1, 4] {
        let lazy = try ImageFolder.load(folder.url, options: .init(threads: threads, storage: .lazily))
        #expect(lazy.decoded == 0)
        let count = lazy.train.count
        var draw = stream.generator
        for _ in 0..<10 {
          // With repetitions.
          let some = (0..<Int.random(in: 0...20, using: &draw)).map { _ in Int.random(in: 0..<count, using: &draw) }
          #expect(try lazy.train.gather(some) == memory.train.gather(some), "seed \(seed)")
        }
        #expect(try same(lazy, memory), "seed \(seed), \(threads) threads")
      }
    }
  }

  @Test func lazyReadersAtOnceDecodeOnce() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], count: 100)
    let memory = try ImageFolder.load(folder.url).train
    let lazy = try ImageFolder.load(folder.url, options: .init(storage: .lazily)).train
    let all = try memory.pixels
    let same = FileWorkers(threads: 8).map(64) { _, _ in (try? lazy.pixels) == all }
    #expect(same.allSatisfy { $0 })
    // All are kept: the files are not needed any more.
    for name in ["a", "b"] { try FileManager.default.removeItem(at: folder.url.appendingPathComponent(name)) }
    #expect(try lazy.pixels == all)
  }

  @Test func lazyNamesADamagedFileWhenItIsAskedFor() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], in: "train", count: 3)
    try folder.writeClasses(["a", "b"], in: "test", count: 3)
    var bytes = try PNG.encode(randomImage(RandomStream(seed: 4), width: 3, height: 2, channels: 1))
    bytes[45] ^= 1
    try folder.write(bytes, to: "train/b/1.png")
    let lazy = try ImageFolder.load(folder.url, options: .init(storage: .lazily)).train
    #expect(lazy.count == 6)
    for _ in 0..<2 {
      let error = try dataError { _ = try lazy.gather([0, 4, 4, 1]) }
      #expect(error.path.hasSuffix("train/b/1.png") && error.advice.contains("lazy"), "\(error)")
    }
    #expect(try lazy.gather([0, 3]) == ImageFolder.load(folder.url).train.gather([0, 3]))
    try folder.writeClasses(["a"], in: "train", count: 3, width: 2, height: 3)
    #expect(try dataError { _ = try lazy.gather([2]) }.reason.contains("2 × 3"))
    // Decoded before its file changed.
    #expect(try lazy.gather([0]).count == 6)
  }

  @Test func aFirstFileLargerThanTheOthersIsNamed() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], count: 5)
    try folder.writeClasses(["a"], count: 1, width: 300, height: 200)
    // Ten of the first would not fit.
    let error = try dataError { _ = try ImageFolder.load(folder.url, options: .init(maximumBytes: 100_000)) }
    #expect(error.reason.contains("mixed size"), "\(error)")
  }

  @Test func junkDoesNotUseUpMemory() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], count: 3)
    for number in 0..<5 { try folder.write([1], to: "a/junk\(number).png") }
    let loaded = try ImageFolder.load(folder.url, options: .init(maximumBytes: 36))
    #expect(loaded.train.count + loaded.test.count == 6 && loaded.skipped.count == 5)
  }

  @Test func digestsTellSetsApart() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], count: 5)
    let digest = try ImageFolder.load(folder.url).train.digest
    #expect(digest.count == 64)
    #expect(try ImageFolder.load(folder.url, options: .init(seed: 1)).train.digest != digest)
    let shape = try ImageShape(height: 1, width: 2, channels: 1)
    func set(_ pixels: [UInt8], _ labels: [Int], _ classes: [String], _ paths: [String]) throws -> String {
      try ImageSet(shape: shape, pixels: pixels, labels: labels, classes: classes, paths: paths).digest
    }
    let digests = try [
      set([1, 2, 3, 4], [0, 1], ["a", "b"], ["x", "y"]), set([1, 2, 3, 5], [0, 1], ["a", "b"], ["x", "y"]),
      set([1, 2, 3, 4], [1, 0], ["a", "b"], ["x", "y"]), set([1, 2, 3, 4], [0, 1], ["a", "c"], ["x", "y"]),
      set([1, 2, 3, 4], [0, 1], ["a", "b"], ["x", "z"]), set([3, 4, 1, 2], [0, 1], ["a", "b"], ["x", "y"]),
    ]
    #expect(Set(digests).count == digests.count)
  }

  @Test func errorsDoNotDependOnThreads() throws {
    for seed in 200..<212 {
      let stream = RandomStream(seed: UInt64(seed))
      let folder = try TemporaryFolder()
      try writeRandomFolder(folder, stream, splits: seed.isMultiple(of: 2))
      var draw = stream.generator
      let other = try PNG.encode(randomImage(stream, width: 2, height: 3, channels: Bool.random(using: &draw) ? 1 : 3))
      let name = "\(seed.isMultiple(of: 2) ? "test/" : "")a/\(Int.random(in: 0...9, using: &draw)).png"
      if Bool.random(using: &draw) { try folder.write(other, to: name) }
      for strict in [false, true] {
        var seen: Set<String> = []
        for round in 0..<12 {
          let caches = try TemporaryFolder()
          let options = ImageFolderOptions(
            strict: strict, threads: 1 + round % 4, storage: round < 6 ? .memory : .cache(caches.url))
          do {
            let loaded = try ImageFolder.load(folder.url, options: options)
            seen.insert(try loaded.train.digest + loaded.test.digest)
          } catch {
            seen.insert("\(error)")
          }
        }
        #expect(seen.count == 1, "seed \(seed), strict \(strict): \(seen)")
      }
    }
  }
}
