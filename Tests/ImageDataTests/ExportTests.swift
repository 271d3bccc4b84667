import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct ExportTests {
  /// A data set of random images of one shape in IDX form, as files by name.
  private static func idx(
    _ stream: RandomStream, shape: [Int], classes: Int, prefixes: [String]
  ) -> [String: [UInt8]] {
    func file(_ axes: [Int], _ bytes: [UInt8]) -> [UInt8] {
      [0, 0, 8, UInt8(axes.count)] + axes.flatMap { [0, 0, UInt8($0 >> 8), UInt8($0 & 255)] } + bytes
    }
    var files: [String: [UInt8]] = [:]
    for (split, prefix) in prefixes.enumerated() {
      let draws = stream.stream(prefix)
      let count = classes + draws.integer(below: 40, at: 0)
      let size = shape.reduce(count, *)
      files["\(prefix)images-idx\(shape.count + 1)-ubyte"] = file(
        [count] + shape, (0..<size).map { UInt8(truncatingIfNeeded: draws.stream("pixels").bits(at: UInt64($0))) })
      // Each class is there, in an order of its own.
      let order = draws.stream("labels").permutation(count)
      files["\(prefix)labels-idx1-ubyte"] = file([count], order.map { UInt8(($0 + split) % classes) })
    }
    return files
  }

  private static func content(_ folder: URL) throws -> [String: [UInt8]] {
    try Dictionary(
      uniqueKeysWithValues: FileManager.default.contentsOfDirectory(atPath: folder.path).map {
        ($0, try [UInt8](Data(contentsOf: folder.appendingPathComponent($0))))
      })
  }

  /// IDX → PNG → each format → PNG → IDX gives the first bytes again, of train and test and of a single set.
  @Test func everyFormatGivesTheSameBytesBack() throws {
    for seed in 0..<18 {
      let stream = RandomStream(seed: 5).stream("export").stream(seed)
      let isColor = seed % 3 == 1
      let sides =
        seed % 3 == 2 ? [32, 32] : [1 + stream.integer(below: 6, at: 0), 1 + stream.integer(below: 6, at: 1)]
      let shape = sides + (isColor || seed % 3 == 2 ? [3] : [])
      let classes = 2 + stream.integer(below: seed % 3 == 2 ? 9 : 30, at: 2)
      let prefixes = seed >= 12 ? [""] : ["train-", "t10k-"]
      let original = Self.idx(stream, shape: shape, classes: classes, prefixes: prefixes)
      let folder = try TemporaryFolder()
      for (name, bytes) in original { try folder.write(bytes, to: "idx/\(name)") }
      func place(_ name: String) -> URL { folder.url.appendingPathComponent(name) }
      _ = try DatasetImport.detect(place("idx")).write(to: place("png"))
      var formats: [(String, DatasetExport.Format)] = [
        ("same", .idx(gzip: false)), ("packed", .idx(gzip: true)), ("arrays.npz", .npz), ("npy", .npy),
      ]
      if seed % 3 == 2 { formats.append(("cifar", .cifar10)) }
      for (name, format) in formats {
        let summary = try DatasetExport.write(place("png"), as: format, to: place(name))
        #expect(summary.sets.map(\.name) == (seed >= 12 ? ["all"] : ["train", "test"]), "seed \(seed) \(name)")
        #expect(summary.notes.isEmpty && summary.skipped.isEmpty, "seed \(seed) \(name): \(summary.notes)")
        let written = name == "arrays.npz" ? [name] : try Self.content(place(name)).keys.sorted()
        #expect(summary.files.sorted() == written, "seed \(seed) \(name)")
        // 3 channels beside 1, 3 or 4 rows fit two layouts.
        let layout: ImportOptions.Layout? = shape.count == 3 ? .channelsLast : nil
        _ = try DatasetImport.detect(place(name), options: .init(layout: layout)).write(to: place(name + "-png"))
        _ = try DatasetExport.write(place(name + "-png"), as: .idx(gzip: false), to: place(name + "-idx"))
        #expect(try Self.content(place(name + "-idx")) == original, "seed \(seed) \(name) \(shape) \(classes)")
      }
      #expect(try Self.content(place("same")) == original, "seed \(seed)")
    }
  }

  @Test func whatAFormatCannotHoldIsRefused() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], in: "in/train", count: 2)
    try folder.writeClasses(["a", "b"], in: "in/test", count: 2)
    let source = folder.url.appendingPathComponent("in")
    let place = folder.url.appendingPathComponent("out")
    #expect(try dataError { _ = try DatasetExport.write(source, as: .cifar10, to: place) }.reason.contains("32 × 32"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["in"])
    _ = try DatasetExport.write(source, as: .npz, to: place)
    #expect(try dataError { _ = try DatasetExport.write(source, as: .npz, to: place) }.reason.contains("already"))
    #expect(try dataError { _ = try DatasetExport.write(source, as: .npy, to: place) }.code == .badData)
  }
}
