import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct FormatsHostileTests {
  private static let sources = ["idx", "idx-gz", "cifar10", "keras.npz", "medmnist.npz", "npy", "npy-classes"]

  /// Any change to any file gives an import or an error about data, and never half a folder.
  @Test func changedBytesNeverTrap() throws {
    for seed in 0..<150 {
      let stream = RandomStream(seed: 3).stream("formats").stream(seed)
      let source = Self.sources[stream.integer(below: Self.sources.count, at: 0)]
      let folder = try TemporaryFolder()
      let copy = folder.url.appendingPathComponent(source)
      try FileManager.default.copyItem(at: FormatsGoldenTests.folder.appendingPathComponent(source), to: copy)
      var files = try FileManager.default.subpathsOfDirectory(atPath: copy.path).sorted()
        .map(copy.appendingPathComponent).filter { !$0.hasDirectoryPath }
      if files.isEmpty { files = [copy] }
      let file = files[stream.integer(below: files.count, at: 1)]
      guard var bytes = try? [UInt8](Data(contentsOf: file)), !bytes.isEmpty else { continue }
      switch stream.integer(below: 3, at: 2) {
      case 0: bytes.removeLast(stream.integer(below: bytes.count, at: 3) + 1)
      case 1: bytes += [UInt8](repeating: 0x1F, count: stream.integer(below: 40, at: 3) + 1)
      default:
        // Mostly headers, where a changed byte means most.
        let reach = stream.integer(below: 2, at: 4) == 0 ? min(100, bytes.count) : bytes.count
        let place = stream.integer(below: reach, at: 5)
        bytes[place] = UInt8(truncatingIfNeeded: stream.bits(at: 6))
      }
      try Data(bytes).write(to: file)
      let target = folder.url.appendingPathComponent("written")
      do {
        _ = try DatasetImport.detect(copy).write(to: target)
        #expect(FileManager.default.fileExists(atPath: target.path), "seed \(seed)")
      } catch is DataError {
        #expect(!FileManager.default.fileExists(atPath: target.path), "seed \(seed)")
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
      #expect(Set(left).isSubset(of: [source, "written"]), "seed \(seed): \(left)")
    }
  }

  @Test func classNamesStayInTheFolder() throws {
    let folder = try TemporaryFolder()
    let long = String(repeating: "é", count: 300)
    let names = ["../../etc", ".hidden", "a/b\0c\n", "", long, "train", "A", "a", "..", "z"]
    let options = ImportOptions(classNames: names)
    let plan = try DatasetImport.detect(FormatsGoldenTests.folder.appendingPathComponent("cifar10"), options: options)
    _ = try plan.write(to: folder.url.appendingPathComponent("written"))
    #expect(plan.classFolders.count == 10 && plan.classFolders == plan.classFolders.sorted())
    for name in plan.classFolders {
      #expect(!name.contains("/") && !name.contains("\0") && !name.hasPrefix(".") && name.utf8.count <= 255)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["written"])
    let error = try dataError {
      _ = try DatasetImport.detect(
        FormatsGoldenTests.folder.appendingPathComponent("idx"), options: .init(classNames: ["one", "two"]))
    }
    #expect(error.reason.contains("2 class names"))
  }

  @Test func nothingIsOverwritten() throws {
    let folder = try TemporaryFolder()
    let plan = try DatasetImport.detect(FormatsGoldenTests.folder.appendingPathComponent("idx"))
    try folder.write([1], to: "full/file")
    #expect(try dataError { _ = try plan.write(to: folder.url.appendingPathComponent("full")) }.code == .badData)
    #expect(try dataError { _ = try plan.write(to: folder.url.appendingPathComponent("full/file")) }.code == .badData)
    let nowhere = folder.url.appendingPathComponent("no/where")
    #expect(try dataError { _ = try plan.write(to: nowhere) }.code == .noSuchInput)
    let empty = folder.url.appendingPathComponent("empty")
    try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
    _ = try plan.write(to: empty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() == ["empty", "full"])
  }

  @Test func explicitNamesAndLayouts() throws {
    let ambiguous = FormatsGoldenTests.folder.appendingPathComponent("bad/ambiguous.npz")
    let first = try DatasetImport.detect(ambiguous, options: .init(layout: .channelsFirst))
    #expect(first.sets[0].shape == (try ImageShape(height: 5, width: 3, channels: 3)))
    let last = try DatasetImport.detect(ambiguous, options: .init(layout: .channelsLast))
    #expect(last.sets[0].shape == (try ImageShape(height: 3, width: 5, channels: 3)))
    let names = FormatsGoldenTests.folder.appendingPathComponent("bad/names.npz")
    let arrays = ImportOptions.Arrays(set: "all", images: "pictures", labels: "labels")
    let plan = try DatasetImport.detect(names, options: .init(layout: .channelsLast, arrays: [arrays]))
    #expect(plan.sets[0].count == 3)
    let missing = ImportOptions.Arrays(set: "all", images: "none", labels: "labels")
    #expect(
      try dataError { _ = try DatasetImport.detect(names, options: .init(arrays: [missing])) }.reason.contains("none"))
  }

  @Test func linksOutAreNotFollowed() throws {
    let folder = try TemporaryFolder()
    let source = FormatsGoldenTests.folder.appendingPathComponent("idx")
    for name in try FileManager.default.contentsOfDirectory(atPath: source.path) {
      try folder.link(name, to: source.appendingPathComponent(name).path)
    }
    let error = try dataError { _ = try DatasetImport.detect(folder.url) }
    #expect(error.reason.contains("no images"), "\(error)")
  }
}
