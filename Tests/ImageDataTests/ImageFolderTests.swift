import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct ImageFolderTests {
  private func loadError(_ folder: TemporaryFolder, _ options: ImageFolderOptions = .init()) throws -> DataError {
    try dataError { _ = try ImageFolder.load(folder.url, options: options) }
  }

  @Test func splitLayoutInOrderOfNames() throws {
    let folder = try TemporaryFolder()
    for (path, value) in [
      ("train/b/10.png", 1), ("train/b/9.png", 2), ("train/B/x.png", 3), ("train/ä/y.PNG", 4),
      ("test/b/1.png", 5), ("test/B/1.png", 6), ("test/ä/1.png", 7),
    ] as [(String, UInt8)] {
      try folder.write(
        PNG.encode(Image(width: 2, height: 1, channels: 1, pixels: [value, 0])), to: path)
    }
    try folder.write(Array("read me".utf8), to: "README.md")
    try folder.write([1], to: "train/b/.hidden.png")
    let loaded = try ImageFolder.load(folder.url)
    #expect(loaded.classes == ["B", "b", "ä"] && loaded.test.classes == loaded.classes)
    #expect(loaded.train.paths == ["train/B/x.png", "train/b/10.png", "train/b/9.png", "train/ä/y.PNG"])
    #expect(loaded.train.labels == [0, 1, 1, 2])
    #expect(try loaded.train.pixels == [3, 0, 1, 0, 2, 0, 4, 0])
    #expect(try loaded.test.labels == [0, 1, 2] && loaded.test.pixels == [6, 0, 5, 0, 7, 0])
    #expect((loaded.train.height, loaded.train.width, loaded.train.channels) == (1, 2, 1))
    #expect(loaded.skipped.isEmpty)
    #expect(try loaded.train.image(at: 2).pixels == [2, 0])
    #expect(try loaded.train.gather([3, 0, 3]) == [4, 0, 3, 0, 4, 0] && loaded.train.gather([]) == [])
  }

  @Test func oneColourImageMakesAllRGB() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], count: 3)
    let color = try randomImage(RandomStream(seed: 3), width: 3, height: 2, channels: 4)
    try folder.write(PNG.encode(color), to: "a/z.png")
    #expect(try ImageFolder.load(folder.url).train.channels == 3)
    #expect(try ImageFolder.load(folder.url, options: .init(decoding: .gray)).train.channels == 1)
  }

  @Test func badFilesAreSkippedAndListed() throws {
    let folder = try TemporaryFolder()
    for split in ["train", "test"] { try folder.writeClasses(["a", "b"], in: split, count: 4) }
    let clean = try ImageFolder.load(folder.url)
    let good = try PNG.encode(randomImage(RandomStream(seed: 4), width: 3, height: 2, channels: 1))
    try folder.write(Array("this is text".utf8), to: "train/a/0text.png")
    try folder.write(Array(good.dropLast(20)), to: "train/a/1cut.png")
    try folder.write(HandmadePNG(width: 100_000, height: 100_000).bytes, to: "train/b/2huge.png")
    try folder.write([], to: "test/b/3empty.png")
    try folder.write([1], to: "test/b/notes.txt")
    try folder.write(good, to: "test/b/deeper/x.png")
    try folder.write(good, to: "stray.png")
    try folder.link("train/a/out.png", to: "/etc/hostname")
    try folder.link("train/a/nowhere.png", to: "gone.png")
    #expect(mkfifo(folder.url.appendingPathComponent("train/a/pipe.png").path, 0o600) == 0)
    let loaded = try ImageFolder.load(folder.url)
    #expect(try same(loaded.train, clean.train) && same(loaded.test, clean.test))
    #expect(
      loaded.skipped.map(\.path) == [
        "stray.png", "test/b/3empty.png", "test/b/deeper", "test/b/notes.txt", "train/a/0text.png", "train/a/1cut.png",
        "train/a/nowhere.png", "train/a/out.png", "train/a/pipe.png", "train/b/2huge.png",
      ])
    let reasons = Dictionary(uniqueKeysWithValues: loaded.skipped.map { ($0.path, $0.reason) })
    #expect(reasons["train/a/0text.png"]?.contains("not a PNG") == true)
    #expect(reasons["train/a/1cut.png"]?.contains("ends early") == true)
    #expect(reasons["train/b/2huge.png"]?.contains("too large") == true)
    #expect(reasons["train/a/out.png"]?.contains("leads out") == true)
    let strict = try loadError(folder, .init(strict: true))
    #expect(strict.path.hasSuffix("stray.png"), "\(strict)")
  }

  @Test func strictNamesADamagedImage() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], count: 3)
    // The header is good, the damage is in the pixels.
    var file = try PNG.encode(randomImage(RandomStream(seed: 4), width: 3, height: 2, channels: 1))
    file[45] ^= 1
    try folder.write(file, to: "b/9.png")
    #expect(try ImageFolder.load(folder.url).skipped.map(\.path) == ["b/9.png"])
    #expect(try loadError(folder, .init(strict: true)).path == folder.url.path + "/b/9.png")
  }

  @Test func linksInsideTheRootAreFollowed() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], count: 3)
    try folder.link("a/link.png", to: "../b/0.png")
    try folder.link("c", to: "b")
    let loaded = try ImageFolder.load(folder.url)
    #expect(loaded.classes == ["a", "b", "c"] && loaded.skipped.isEmpty)
    #expect((loaded.train.paths + loaded.test.paths).contains("a/link.png"))
  }

  @Test func foldersThatCannotTrainAClassifier() throws {
    let missing = try dataError { _ = try ImageFolder.load(URL(fileURLWithPath: "/no/such/folder")) }
    #expect(missing.code == .noSuchInput)

    let empty = try TemporaryFolder()
    #expect(try loadError(empty).reason == "no class folders in it")
    try empty.write([1], to: "file")
    let file = try dataError { _ = try ImageFolder.load(empty.url.appendingPathComponent("file")) }
    #expect(file.code == .badData && file.reason == "not a folder")

    let one = try TemporaryFolder()
    try one.writeClasses(["only"], count: 3)
    #expect(try loadError(one).reason == "only one class, only")

    let half = try TemporaryFolder()
    try half.writeClasses(["a", "b"], in: "train", count: 3)
    #expect(try loadError(half).reason.contains("none named test"))
    try half.writeClasses(["a"], in: "test", count: 1)
    #expect(try loadError(half).reason == "class b is in train but not in test")
    try half.writeClasses(["b", "c"], in: "test", count: 1)
    #expect(try loadError(half).reason == "class c is in test but not in train")

    let hollow = try TemporaryFolder()
    try hollow.writeClasses(["a", "b"], in: "train", count: 3)
    try hollow.writeClasses(["a"], in: "test", count: 3)
    try hollow.write([1], to: "test/b/broken.png")
    let error = try loadError(hollow)
    #expect(error.path.hasSuffix("test/b") && error.reason.contains("broken.png"), "\(error)")

    let all = try TemporaryFolder()
    try all.write([1], to: "a/1.png")
    try all.write([1], to: "b/1.png")
    #expect(try loadError(all).reason.contains("no readable PNG images"))
  }

  @Test func mixedSizesNameTwoFiles() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], count: 3)
    try folder.writeClasses(["c"], count: 2, width: 5)
    let error = try loadError(folder)
    #expect(error.reason == "images of mixed size: a/0.png has 3 × 2, c/0.png has 5 × 2", "\(error)")
  }

  @Test func memoryIsLimited() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], count: 3)
    #expect(try ImageFolder.load(folder.url, options: .init(maximumBytes: 36)).train.count == 4)
    #expect(try loadError(folder, .init(maximumBytes: 35)).code == .badData)
  }

  @Test func divisionIsStratifiedAndDeterministic() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b", "c"], count: 10)
    let first = try ImageFolder.load(folder.url, options: .init(testFraction: 0.3, seed: 5))
    for label in 0..<3 {
      #expect(first.train.labels.count { $0 == label } == 7)
      #expect(first.test.labels.count { $0 == label } == 3)
    }
    #expect(Set(first.train.paths).isDisjoint(with: first.test.paths))
    #expect(first.train.paths == first.train.paths.sorted())
    let again = try ImageFolder.load(folder.url, options: .init(threads: 1, testFraction: 0.3, seed: 5))
    #expect(try same(again.train, first.train) && same(again.test, first.test))
    let other = try ImageFolder.load(folder.url, options: .init(testFraction: 0.3, seed: 6))
    #expect(try !same(other.test, first.test))
    // More images of one class leave the others as they were.
    try folder.writeClasses(["a"], count: 14)
    let more = try ImageFolder.load(folder.url, options: .init(testFraction: 0.3, seed: 5))
    #expect(more.test.paths.filter { !$0.hasPrefix("a") } == first.test.paths.filter { !$0.hasPrefix("a") })
    #expect(try loadError(folder, .init(testFraction: 1)).code == .badData)
  }

  @Test func aNumberOfTrainingImagesPerClass() throws {
    let folder = try TemporaryFolder()
    for split in ["train", "test"] { try folder.writeClasses(["a", "b"], in: split, count: 5) }
    try folder.writeClasses(["c"], in: "train", count: 2)
    try folder.writeClasses(["c"], in: "test", count: 1)
    let all = try ImageFolder.load(folder.url)
    let few = try ImageFolder.load(folder.url, options: .init(trainPerClass: 3))
    let chosen = [0, 1, 2, 5, 6, 7, 10, 11]
    #expect(few.train.paths == chosen.map { all.train.paths[$0] } && few.train.labels == [0, 0, 0, 1, 1, 1, 2, 2])
    #expect(try few.train.pixels == chosen.flatMap { try all.train.image(at: $0).pixels })
    #expect(try same(few.test, all.test))
    // What a folder without train and test holds out does not depend on it.
    let flat = try TemporaryFolder()
    try flat.writeClasses(["a", "b"], count: 10)
    let whole = try ImageFolder.load(flat.url)
    let part = try ImageFolder.load(flat.url, options: .init(trainPerClass: 2))
    #expect(try same(part.test, whole.test) && part.train.count == 4)
  }

  @Test func aClassOfOneImageCannotBeDivided() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], count: 2)
    #expect(try ImageFolder.load(folder.url).test.count == 2)
    try folder.writeClasses(["c"], count: 1)
    #expect(try loadError(folder).path.hasSuffix("/c"))
  }

  @Test func resultsDoNotDependOnThreads() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b", "c"], count: 120)
    try folder.write([1], to: "b/50x.png")
    let one = try ImageFolder.load(folder.url, options: .init(threads: 1))
    for threads in [2, 3, 8] {
      let many = try ImageFolder.load(folder.url, options: .init(threads: threads))
      #expect(try same(many.train, one.train) && same(many.test, one.test) && many.skipped == one.skipped)
    }
  }

  @Test func setsInMemoryMustAgree() throws {
    func set(_ classes: [String], width: Int = 2) throws -> ImageSet {
      try ImageSet(
        shape: ImageShape(height: 1, width: width, channels: 1), pixels: Array(repeating: 0, count: 2 * width),
        labels: [0, 1], classes: classes, paths: ["0", "1"])
    }
    #expect(try ImageFolder(root: "r", train: set(["a", "b"]), test: set(["a", "b"])).classes == ["a", "b"])
    #expect(throws: DataError.self) { try ImageFolder(root: "r", train: set(["a", "b"]), test: set(["a", "c"])) }
    #expect(throws: DataError.self) {
      try ImageFolder(root: "r", train: set(["a", "b"]), test: set(["a", "b"], width: 3))
    }
    #expect(throws: DataError.self) { try set(["a"]) }
  }

  @Test func progressReachesTheTotal() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], count: 60)
    let seen = SeenProgress()
    _ = try ImageFolder.load(folder.url, options: .init(progress: { seen.add($0, $1) }))
    #expect(seen.calls.last.map { $0 == (120, 120) } == true)
    #expect(seen.calls.map(\.0) == seen.calls.map(\.0).sorted())
  }
}
