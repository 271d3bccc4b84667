import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct ExportSplitTests {
  /// The files of a folder by path, with their content.
  private static func content(_ folder: URL) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where path.hasSuffix(".png") {
      files[path] = try Data(contentsOf: folder.appendingPathComponent(path))
    }
    return files
  }

  /// Random folders with many copies: nothing leaks, nothing is lost, nothing is changed.
  @Test func equalImagesStayTogether() throws {
    for seed in 0..<25 {
      let stream = RandomStream(seed: 11).stream("split").stream(seed)
      let folder = try TemporaryFolder()
      let classes = 2 + stream.integer(below: 3, at: 0)
      for label in 0..<classes {
        let draws = stream.stream(label)
        for number in 0..<(6 + draws.integer(below: 30, at: 0)) {
          // Few values, so that some images are equal, in one class or in two; the first two of a class are its own.
          let shared = draws.integer(below: 25, at: UInt64(number)) * (label + 1) % 100
          let value = number < 2 ? 100 + 2 * label + number : shared
          let image = try Image(width: 1, height: 2, channels: 1, pixels: [UInt8(value), 7])
          // The same pixels in another file: gray as RGB.
          let isRGB = draws.integer(below: 2, at: UInt64(1000 + number)) == 0
          let pixels = [UInt8](repeating: UInt8(value), count: 3) + [7, 7, 7]
          let colored = try Image(width: 1, height: 2, channels: 3, pixels: pixels)
          try folder.write(PNG.encode(isRGB ? colored : image), to: "in/\(label)/\(number).png")
        }
      }
      try folder.write([1, 2, 3], to: "in/0/damaged.png")
      let source = folder.url.appendingPathComponent("in")
      let isPart = seed % 3 == 0
      let fractions = DatasetSplit.Fractions(train: isPart ? 0.5 : 0.75, test: 0.25)
      let target = folder.url.appendingPathComponent("out")
      let summary = try DatasetSplit.write(source, to: target, fractions: fractions, seed: UInt64(seed))
      let (before, after) = (try Self.content(source), try Self.content(target))
      #expect(summary.skipped.map(\.path) == ["0/damaged.png"], "seed \(seed)")
      // Every file of the result is one of the source, unchanged, and in one side only.
      var sides: [String: String] = [:]
      for (path, data) in after {
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        #expect(before[parts[1]] == data, "seed \(seed) \(path)")
        #expect(sides.updateValue(parts[0], forKey: parts[1]) == nil, "seed \(seed) \(path)")
      }
      let counted = summary.classes.reduce(0) { $0 + $1.train + $1.test }
      let leftOut = summary.classes.reduce(0) { $0 + $1.leftOut }
      #expect(counted == after.count && counted + leftOut + 1 == before.count, "seed \(seed)")
      #expect(isPart || leftOut == 0, "seed \(seed)")
      for group in summary.groups { #expect(Set(group.map { sides[$0] }).count == 1, "seed \(seed) \(group)") }
      for name in summary.classes { #expect(name.train > 0 && name.test > 0, "seed \(seed) \(name)") }
      // Judged by another way of finding duplicates: the folder's own inspection.
      let inspected = try DatasetSummary.inspect(target)
      #expect(inspected.duplicates.allSatisfy { !$0.acrossSplits } && inspected.problems.isEmpty, "seed \(seed)")
      let again = folder.url.appendingPathComponent("again")
      var options = ImageFolderOptions()
      options.threads = 1
      _ = try DatasetSplit.write(source, to: again, fractions: fractions, seed: UInt64(seed), options: options)
      #expect(try Self.content(again) == after, "seed \(seed)")
    }
  }

  @Test func sharesAreMetAndSeedsMatter() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], in: "in", count: 50)
    let source = folder.url.appendingPathComponent("in")
    var results: [Set<String>] = []
    for seed in [1, 2] {
      let target = folder.url.appendingPathComponent("out\(seed)")
      let summary = try DatasetSplit.write(
        source, to: target, fractions: .init(train: 0.6, test: 0.3), seed: UInt64(seed))
      #expect(summary.classes.map { [$0.train, $0.test, $0.leftOut] } == [[30, 15, 5], [30, 15, 5]])
      results.append(Set(try Self.content(target).keys))
    }
    #expect(results[0] != results[1])
  }

  @Test func whatCannotBeDividedIsRefused() throws {
    let folder = try TemporaryFolder()
    let same = try PNG.encode(Image(width: 1, height: 1, channels: 1, pixels: [5]))
    for number in 0..<3 { try folder.write(same, to: "same/a/\(number).png") }
    try folder.writeClasses(["b"], in: "same", count: 4)
    try folder.writeClasses(["a"], in: "done/train", count: 2)
    try folder.writeClasses(["a"], in: "done/test", count: 2)
    let target = folder.url.appendingPathComponent("out")
    for (name, word) in [("same", "1 different"), ("done", "already")] {
      let error = try dataError {
        _ = try DatasetSplit.write(
          folder.url.appendingPathComponent(name), to: target, fractions: .init(train: 0.8, test: 0.2), seed: 0)
      }
      #expect(error.reason.contains(word), "\(error)")
    }
    for (train, test) in [(0.9, 0.2), (0, 0.5), (0.5, .nan)] {
      #expect(throws: DataError.self) {
        try DatasetSplit.write(folder.url, to: target, fractions: .init(train: train, test: test), seed: 0)
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() == ["done", "same"])
  }

  @Test func degradedDomainsHaveTheSameNames() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], in: "in/train", count: 40)
    try folder.writeClasses(["a", "b"], in: "in/test", count: 3)
    try folder.write([1], to: "in/test/a/bad.png")
    let brightness = try Degradation("brightness/1")
    let domains = try ["none", "brightness/1", "gaussian-noise/2"].map { try DatasetDegrade.Domain($0) }
    let source = folder.url.appendingPathComponent("in")
    func write(_ name: String, seed: UInt64, threads: Int) throws -> [String: Data] {
      var options = ImageFolderOptions()
      options.threads = threads
      let target = folder.url.appendingPathComponent(name)
      let summary = try DatasetDegrade.write(
        source, to: target, domains: domains, seed: seed, options: options)
      #expect(summary.domains == ["none", "brightness-1", "gaussian-noise-2"] && summary.notes.isEmpty)
      #expect(summary.images == 86 && summary.skipped.map(\.path) == ["test/a/bad.png"])
      return try Self.content(target)
    }
    let files = try write("out", seed: 1, threads: 2)
    #expect(files.count == 258)
    for (path, data) in try Self.content(source) where !path.hasSuffix("bad.png") {
      let original = try PNG.decode([UInt8](data), path: path)
      #expect(try PNG.decode([UInt8](#require(files["none/\(path)"])), path: path) == original)
      var bright = original.pixels
      try brightness.apply(to: &bright, shape: original.shape) { _ in RandomStream(seed: 0) }
      #expect(try PNG.decode([UInt8](#require(files["brightness-1/\(path)"])), path: path).pixels == bright)
    }
    // Noise of its own for each image, the same in every run, and another with another seed.
    #expect(Set(files.filter { $0.key.hasPrefix("gaussian") }.values).count == 86)
    #expect(try write("same", seed: 1, threads: 1) == files)
    #expect(try write("other", seed: 2, threads: 2) != files)
    let summary = try DatasetSummary.inspect(folder.url.appendingPathComponent("out"))
    #expect(summary.domains == ["brightness-1", "gaussian-noise-2", "none"] && summary.problems.isEmpty)
    #expect(
      summary.splits.map(\.name) == [
        "brightness-1/train", "brightness-1/test", "gaussian-noise-2/train", "gaussian-noise-2/test", "none/train",
        "none/test",
      ])
    let alone = try DatasetDegrade.write(
      source, to: folder.url.appendingPathComponent("alone"), domains: [.degraded(brightness)], seed: 0)
    #expect(alone.notes.count == 1 && alone.domains == ["brightness-1"])
    for names in [["../x"], ["fog/1", "fog/1"], ["none", "none"], [], ["fog/6"], ["none/1"]] {
      #expect(throws: DataError.self) {
        try DatasetDegrade.write(
          source, to: folder.url.appendingPathComponent("never"),
          domains: names.map { try DatasetDegrade.Domain($0) }, seed: 0)
      }
    }
  }
}
