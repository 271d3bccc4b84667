import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct ManifestStreamTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ rows: [Manifest.Row]) throws {
    try Manifest(rows: rows).write(to: folder.url.appendingPathComponent("manifest.csv"))
  }

  private func open(
    seed: UInt64 = 0, split: UInt64 = 0, _ change: (inout StreamDescription) -> Void = { _ in }
  ) throws -> TaskStream {
    var description = StreamDescription(kind: .manifest)
    change(&description)
    return try description.open(
      folder: folder.url, options: ImageFolderOptions(threads: 2, testFraction: 0.3, seed: split), seed: seed)
  }

  @Test func namingTheFilesOfAFolderGivesThatFolder() throws {
    let classes = ["B", "a", "ä", "10", "9", "c"]
    for splits in [["train", "test"], [""]] {
      for split in splits { try folder.writeClasses(classes, in: split, count: 7) }
      let images = try ImageFolder.load(folder.url, options: ImageFolderOptions(testFraction: 0.3, seed: 3))
      let rows = [(images.train, Manifest.Split.train), (images.test, .test)].flatMap { set, split in
        zip(set.paths, set.labels).map { path, label in
          Manifest.Row(path: path, label: set.classes[label], split: splits.count == 2 ? split : nil)
        }
      }
      // In any order of the rows.
      try write(RandomStream(seed: 5).permutation(rows.count).map { rows[$0] })
      let stream = try open(split: 3)
      #expect(try same(stream.folders[0].train, images.train) && same(stream.folders[0].test, images.test))
      #expect(stream.tasks.map(\.classes) == [[0, 1], [2, 3], [4, 5]] && stream.scenario == .classIncremental)
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.url.path) {
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent(name))
      }
    }
  }

  @Test func tasksComeInOrderOfFirstAppearance() throws {
    try folder.writeClasses(["a", "b", "c"], count: 4)
    var rows: [Manifest.Row] = []
    for (task, labels) in [("second", ["c", "b"]), ("first", ["a", "b"])] {
      for label in labels {
        for number in 0..<4 {
          rows.append(
            .init(path: "\(label)/\(number).png", label: label, task: task, split: number < 3 ? .train : .test))
        }
      }
    }
    try write(rows)
    let stream = try open()
    #expect(stream.tasks.map(\.name) == ["second", "first"] && stream.classes == ["a", "b", "c"])
    #expect(stream.tasks.map(\.classes) == [[1, 2], [0, 1]] && stream.sharesClasses && stream.scenario == .mixed)
    #expect(stream.folders[0].train.count == 9, "an image of two tasks is read once")
    for task in stream.tasks {
      #expect((task.train.count, task.test.count) == (6, 2))
      for images in [task.train, task.test] {
        for place in 0..<images.count {
          #expect(images.path(place).hasPrefix(task.classNames[images.targets[place]] + "/"))
        }
      }
    }
    // A task whose classes are left out but for one is none.
    #expect(try dataError { _ = try open { $0.classes = ["c", "b"] } }.reason == "task first has only one class")
    #expect(try open { $0.classes = ["c", "b", "a"] }.tasks.map(\.classes) == [[2, 1], [1, 0]])
  }

  @Test func theSplitIsThatOfTheOracle() throws {
    let golden = try StreamGolden.read()
    var rows: [Manifest.Row] = []
    for task in ["day", "night"] {
      try folder.writeClasses(["cat", "dog"], in: task, count: 10)
      for label in ["cat", "dog"] {
        rows += (0..<10).map { .init(path: "\(task)/\(label)/\($0).png", label: label, task: task) }
      }
    }
    try write(rows)
    let stream = try open(split: golden.seed)
    for task in stream.tasks {
      let tested = (0..<task.test.count).map(task.test.path).filter { $0.contains("/cat/") }
      #expect(tested == golden.tested[task.name] && task.test.count == 6 && task.train.count == 14)
    }
    #expect(stream.scenario == .domainIncremental)
  }

  @Test func anImageOfTwoTasksIsNeverInBothSplits() throws {
    try folder.writeClasses(["a", "b"], count: 12)
    for seed in 0..<20 {
      let draws = RandomStream(seed: UInt64(seed))
      var rows: [Manifest.Row] = []
      for task in 0..<3 {
        for label in ["a", "b"] {
          let chosen = draws.stream(task).stream(label).permutation(12).prefix(8)
          rows += chosen.map { .init(path: "\(label)/\($0).png", label: label, task: "\(task)") }
        }
      }
      try write(rows)
      let stream: TaskStream
      do { stream = try open(split: UInt64(seed)) } catch let error as DataError {
        #expect(error.reason.contains("do not give"), "seed \(seed): \(error)")
        continue
      }
      let (train, test) = (Set(stream.folders[0].train.paths), Set(stream.folders[0].test.paths))
      #expect(train.isDisjoint(with: test) && train.union(test) == Set(rows.map(\.path)), "seed \(seed)")
      for (number, task) in stream.tasks.enumerated() {
        let paths = (0..<task.train.count).map(task.train.path) + (0..<task.test.count).map(task.test.path)
        #expect(Set(paths) == Set(rows.filter { $0.task == "\(number)" }.map(\.path)) && paths.count == 16)
      }
    }
  }

  @Test func missingDamagedAndForeignFilesAreListed() throws {
    try folder.writeClasses(["a", "b", "c", "d"], count: 10)
    let outside = try TemporaryFolder()
    try outside.write([1], to: "secret.png")
    try folder.link("a/link.png", to: outside.url.path + "/secret.png")
    try folder.link("elsewhere", to: outside.url.path)
    let damaged = (2...6).map { "b/\($0).png" }
    for path in damaged { try folder.write([1, 2, 3], to: path) }
    for tasks in [false, true] {
      var rows = ["a", "b", "c", "d"].flatMap { label in
        (0..<10).map {
          Manifest.Row(path: "\(label)/\($0).png", label: label, task: tasks ? (label < "c" ? "1" : "2") : nil)
        }
      }
      for path in ["a/gone.png", "a/link.png", "elsewhere/secret.png"] {
        rows.append(.init(path: path, label: "a", task: tasks ? "1" : nil))
      }
      try write(rows)
      let images = try open().folders[0]
      #expect(images.skipped.map(\.path) == ["a/gone.png", "a/link.png"] + damaged + ["elsewhere/secret.png"])
      #expect(images.skipped[1].reason.contains("leads out of the folder"))
      // Damaged files use up nobody's share: 3 of 10, and 2 of the 5 of b that are left.
      let tested = images.test.labels.reduce(into: [0, 0, 0, 0]) { $0[$1] += 1 }
      #expect(tested == [3, 2, 3, 3] && images.train.count == 24)
      var options = ImageFolderOptions()
      options.strict = true
      #expect(
        try dataError {
          _ = try StreamDescription(kind: .manifest).open(folder: folder.url, options: options, seed: 0)
        }.advice.contains("strict"))
    }
  }

  @Test func aClassWithoutReadableImagesIsNamed() throws {
    try folder.writeClasses(["a", "b", "c"], count: 4)
    for columns in [(false, false), (false, true), (true, false), (true, true)] {
      let rows = ["a", "b", "c", "gone"].flatMap { label in
        (0..<4).map {
          Manifest.Row(
            path: "\(label)/\($0).png", label: label, task: columns.0 ? (label < "c" ? "1" : "2") : nil,
            split: columns.1 ? ($0 == 0 ? .test : .train) : nil)
        }
      }
      try write(rows)
      let error = try dataError { _ = try open() }
      #expect("\(error)".contains("gone"), "\(columns): \(error)")
    }
  }

  @Test func whatMakesNoSenseIsRefused() throws {
    func rows(_ list: [(String, String, Manifest.Split)]) -> [Manifest.Row] {
      list.enumerated().map { .init(path: "\($0).png", label: $1.0, task: $1.1, split: $1.2) }
    }
    for number in 0..<8 {
      try folder.write(
        PNG.encode(randomImage(RandomStream(seed: UInt64(number)), width: 2, height: 2, channels: 1)),
        to: "\(number).png")
    }
    let whole: [(String, String, Manifest.Split)] = [
      ("a", "1", .train), ("a", "1", .test), ("b", "1", .train), ("b", "1", .test), ("a", "2", .train),
      ("a", "2", .test),
      ("b", "2", .train), ("b", "2", .test),
    ]
    try write(rows(whole))
    #expect(try open().tasks.count == 2)
    #expect(try dataError { _ = try open { $0.sizes = [2, 2] } }.reason.contains("column task"))
    #expect(try dataError { _ = try open { $0.order = .seeded } }.reason.contains("column task"))
    #expect(try dataError { _ = try open { $0.classes = ["a", "z"] } }.reason == "no class named z")
    let bad: [([(String, String, Manifest.Split)], String)] = [
      (Array(whole.prefix(7)), "class b of task 2 has no image to test on"),
      (Array(whole.prefix(4)), "fewer than two tasks in it, and a stream is a sequence"),
      (Array(whole.prefix(6)), "task 2 has only one class"),
    ]
    for (list, reason) in bad {
      try write(rows(list))
      let error = try dataError { _ = try open() }
      #expect(error.reason == reason && error.path == folder.url.path + "/manifest.csv")
    }
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("manifest.csv"))
    #expect(try dataError { _ = try open() }.code == .noSuchInput)
  }
}
