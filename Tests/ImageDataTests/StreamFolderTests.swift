import Foundation
import ImageData
import RandomStreams
import Testing

/// Streams over several folders, and folders that are not what a stream needs.
@Suite struct StreamFolderTests {
  let root: TemporaryFolder

  init() throws { root = try TemporaryFolder() }

  private func open(
    _ kind: StreamDescription.Kind, in path: String = "", options: ImageFolderOptions = ImageFolderOptions(),
    _ change: (inout StreamDescription) -> Void = { _ in }
  ) throws -> TaskStream {
    var description = StreamDescription(kind: kind)
    change(&description)
    return try description.open(folder: root.url.appendingPathComponent(path), options: options, seed: 0)
  }

  @Test func eachDomainIsATask() throws {
    for domain in ["sketch", "photo"] {
      for (split, count) in [("train", 4), ("test", 2)] {
        try root.writeClasses(["a", "b", "c"], in: "\(domain)/\(split)", count: count)
      }
    }
    try root.writeClasses(["a", "b", "c"], in: "art", count: 5)
    let stream = try open(.domains)
    #expect(stream.tasks.map(\.name) == ["art", "photo", "sketch"] && stream.classes == ["a", "b", "c"])
    #expect(stream.sharesClasses && stream.scenario == .domainIncremental && stream.folders.count == 3)
    #expect(stream.tasks.map(\.train.count) == [12, 12, 12] && stream.tasks.map(\.test.count) == [3, 6, 6])
    for (task, name) in zip(stream.tasks, ["art", "photo", "sketch"]) {
      let alone = try ImageFolder.load(root.url.appendingPathComponent(name))
      #expect(try same(task.train.images, alone.train) && task.train.targets == alone.train.labels)
      #expect(task.test.indices == Array(0..<alone.test.count))
    }
    let two = try open(.domains) { ($0.domains, $0.classes) = (["sketch", "art"], ["c", "a"]) }
    #expect(two.tasks.map(\.name) == ["sketch", "art"] && two.classes == ["c", "a"])
    #expect(two.tasks.allSatisfy { $0.classes == [0, 1] && $0.classNames == ["c", "a"] })
    #expect(two.tasks[0].train.targets == [1, 1, 1, 1, 0, 0, 0, 0])
    #expect(
      try dataError { _ = try open(.domains) { $0.domains = ["art", "clipart"] } }.reason == "no domain named clipart")
  }

  @Test func domainsAgreeInClassesAndShape() throws {
    try root.writeClasses(["a", "b", "c"], in: "photo", count: 2)
    try root.writeClasses(["a", "b", "d"], in: "sketch", count: 2)
    let error = try dataError { _ = try open(.domains) }
    #expect(error.reason == "domain photo lacks d" && error.advice.hasSuffix("list classes that all have: a, b."))
    // Domains number the classes that they share differently.
    let shared = try open(.domains) { $0.classes = ["b", "a"] }
    #expect(shared.tasks.allSatisfy { $0.train.count == 2 && $0.classNames == ["b", "a"] })

    try root.writeClasses(["a", "b"], in: "large", count: 2, width: 7)
    let size = try dataError {
      _ = try open(.domains) { ($0.domains, $0.classes) = (["photo", "large"], ["a", "b"]) }
    }
    #expect(size.reason.contains("large") && size.advice.contains("data.decoding.size"))
    let colour = try Image(width: 3, height: 2, channels: 3, pixels: (0..<18).map { UInt8($0) })
    for label in ["a", "b"] {
      for number in 0..<2 { try root.write(PNG.encode(colour), to: "rgb/\(label)/\(number).png") }
    }
    let form = try dataError { _ = try open(.domains) { ($0.domains, $0.classes) = (["photo", "rgb"], ["a", "b"]) } }
    #expect(form.advice.contains("data.decoding.form"))
    let gray = try open(.domains, options: ImageFolderOptions(decoding: .gray)) {
      ($0.domains, $0.classes) = (["photo", "rgb"], ["a", "b"])
    }
    #expect(gray.shape.channels == 1)
  }

  @Test func eachFolderIsATaskWithClassesOfItsOwn() throws {
    try root.writeClasses(["0", "1"], in: "x/digits", count: 3)
    try root.writeClasses(["0", "1", "2"], in: "y/digits", count: 4)
    try root.writeClasses(["0", "z"], in: "fashion", count: 2)
    let absolute = root.url.appendingPathComponent("fashion").path
    let stream = try open(.sequence) { $0.folders = ["x/digits", absolute, "y/digits/"] }
    #expect(stream.tasks.map(\.name) == ["digits", "fashion", "digits 2"])
    #expect(stream.tasks.map(\.classes) == [[0, 1], [2, 3], [4, 5, 6]])
    #expect(
      stream.classes == ["digits/0", "digits/1", "fashion/0", "fashion/z", "digits 2/0", "digits 2/1", "digits 2/2"])
    #expect(stream.tasks.allSatisfy { task in task.classNames == task.classes.map { stream.classes[$0] } })
    #expect(!stream.sharesClasses && stream.scenario == .classIncremental)
    #expect(stream.tasks.map { $0.train.count + $0.test.count } == [6, 4, 12])
    try root.link("alias", to: "fashion")
    for (folders, reason) in [
      (["fashion", "alias"], "are the same"), (["fashion"], "fewer than two"), (["fashion", "fashion"], "twice"),
    ] {
      #expect(try dataError { _ = try open(.sequence) { $0.folders = folders } }.reason.contains(reason))
    }
    #expect(try dataError { _ = try open(.sequence) { $0.folders = ["fashion", "gone"] } }.code == .noSuchInput)
  }

  @Test func aDomainThatIsALinkToAnotherIsRefused() throws {
    for domain in ["red", "green"] { try root.writeClasses(["a", "b"], in: domain, count: 3) }
    try root.link("blue", to: "red")
    let error = try dataError { _ = try open(.domains) }
    #expect(error.reason == "blue and red are the same folder" && error.path == root.url.path)
    #expect(try open(.domains) { $0.domains = ["green", "blue"] }.tasks.count == 2)
    #expect(try DatasetSummary.inspect(root.url).problems.contains { $0.contains("blue and red are the same folder") })
  }

  @Test func theLimitOfMemoryIsForAllFolders() throws {
    for domain in ["a", "b"] { try root.writeClasses(["x", "y"], in: domain, count: 5) }
    var options = ImageFolderOptions()
    options.maximumBytes = 2 * 10 * 6
    #expect(try open(.domains, options: options).tasks.count == 2)
    options.maximumBytes -= 1
    #expect(try dataError { _ = try open(.domains, options: options) }.reason.contains("bytes"))
  }

  @Test func anotherLayoutIsRecognised() throws {
    try root.writeClasses(["a", "b"], in: "classes", count: 2)
    for split in ["train", "test"] { try root.writeClasses(["a", "b"], in: "split/\(split)", count: 2) }
    for domain in ["p", "q"] {
      try root.writeClasses(["a", "b"], in: "bare/\(domain)", count: 2)
      for split in ["train", "test"] { try root.writeClasses(["a", "b"], in: "full/\(domain)/\(split)", count: 2) }
    }
    try root.write(Array("path,label\nx.png,a\n".utf8), to: "listed/manifest.csv")
    for kind in [StreamDescription.Kind.classSplit, .permuted, .rotated, .degraded, .sequence] {
      for path in ["bare", "full"] {
        let error = try dataError {
          _ = try open(kind, in: kind == .sequence ? "" : path) {
            if kind == .degraded { $0.degradations = ["none", "gaussian-noise/3"] }
            if kind == .sequence { $0.folders = ["classes", path] }
          }
        }
        #expect(error.advice.contains("stream.kind: domains") && error.path.hasSuffix(path), "\(kind) \(path)")
      }
    }
    for path in ["classes", "split"] {
      let error = try dataError { _ = try open(.domains, in: path) }
      #expect(error.advice.contains("class-split"), "\(path)")
      #expect(try dataError { _ = try open(.manifest, in: path) }.advice.contains("stream.kind"), "\(path)")
    }
    for path in ["listed", "listed/manifest.csv"] {
      #expect(
        try dataError { _ = try open(.classSplit, in: path) }.advice == "Train on it with data.stream.kind: manifest.")
    }
    #expect(try dataError { _ = try open(.domains, in: "gone") }.code == .noSuchInput)
    #expect(try dataError { _ = try open(.domains, in: "listed") }.reason == "no domains in it")
  }

  @Test func oneTaskIsTrainingButOneDomainIsNoStream() throws {
    try root.writeClasses(["a", "b"], in: "only", count: 2)
    #expect(try open(.classSplit, in: "only").tasks.map(\.classNames) == [["a", "b"]])
    let error = try dataError { _ = try open(.domains, in: "") }
    #expect(error.reason.contains("fewer than two tasks") && !error.advice.isEmpty)
  }
}
