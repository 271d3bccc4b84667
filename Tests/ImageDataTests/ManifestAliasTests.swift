import Foundation
import ImageData
import RandomStreams
import Testing

/// A file with several paths is one file, and tasks that are dealt may be one.
@Suite struct ManifestAliasTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b"], count: 6)
  }

  private func open(_ text: String, split: UInt64 = 0) throws -> TaskStream {
    try folder.write(Array(text.utf8), to: "manifest.csv")
    return try StreamDescription(kind: .manifest).open(
      folder: folder.url, options: ImageFolderOptions(testFraction: 0.5, seed: split), seed: 0)
  }

  @Test func aLinkDoesNotBringAnImageToBothSplits() throws {
    try folder.link("a/link.png", to: "0.png")
    try folder.link("c", to: "a")
    let whole = "path,label,split\na/0.png,a,train\n\na/1.png,a,test\nb/0.png,b,train\nb/1.png,b,test\n"
    for path in ["a/link.png", "c/0.png"] {
      let split = try dataError { _ = try open(whole + "\(path),a,test\n") }
      #expect(split.reason == "a/0.png and \(path) are one file to train on and to test on, in lines 2 and 7")
      #expect(split.path == folder.url.path + "/manifest.csv" && !split.advice.isEmpty)
      let label = try dataError { _ = try open(whole + "\(path),b,train\n") }
      #expect(label.reason == "a/0.png and \(path) are one file with two labels, a and b, in lines 2 and 7")
    }
    #expect(try open(whole + "a/link.png,a,train\n").tasks[0].train.count == 3)
  }

  /// Two files of each class have three paths more, some of them in another task.
  @Test func allPathsOfAFileAreOnOneSide() throws {
    for name in ["a", "b"] {
      for (link, file) in [("x", 0), ("0", 1), ("z", 1)] {
        try folder.link("\(name)/link\(link).png", to: "\(file).png")
      }
    }
    let links = ["x": 0, "0": 1, "z": 1]
    for tasks in [false, true] {
      var lines = [tasks ? "path,label,task" : "path,label"]
      for name in ["a", "b"] {
        for task in tasks ? [",1", ",2"] : [""] {
          lines += (0..<6).filter { task != ",2" || $0 != 1 }.map { "\(name)/\($0).png,\(name)\(task)" }
          lines += links.keys.map { "\(name)/link\($0).png,\(name)\(task)" }
        }
      }
      for seed in 0..<30 {
        let order = RandomStream(seed: UInt64(seed)).permutation(lines.count - 1).map { lines[$0 + 1] }
        let images = try open(([lines[0]] + order).joined(separator: "\n"), split: UInt64(seed)).folders[0]
        let test = Set(images.test.paths)
        #expect(images.train.count + images.test.count == 18, "seed \(seed)")
        for name in ["a", "b"] {
          for (link, file) in links {
            #expect(
              test.contains("\(name)/link\(link).png") == test.contains("\(name)/\(file).png"),
              "seed \(seed), tasks \(tasks), \(name) \(link)")
          }
          #expect((0..<6).filter { test.contains("\(name)/\($0).png") }.count == 3, "half of six files, seed \(seed)")
        }
        #expect(images.notes.isEmpty, "seed \(seed)")
      }
    }
  }

  @Test func oneTaskMayBeDealt() throws {
    let rows = ["a", "b"].flatMap { name in (0..<6).map { "\(name)/\($0).png,\(name)" } }
    let stream = try open((["path,label"] + rows).joined(separator: "\n"))
    #expect(stream.kind == .manifest && stream.tasks.map(\.classNames) == [["a", "b"]])
    let named = try dataError { _ = try open((["path,label,task"] + rows.map { $0 + ",1" }).joined(separator: "\n")) }
    #expect(named.reason.contains("fewer than two tasks") && named.advice.contains("column task"))
    #expect(named.path == folder.url.path + "/manifest.csv")
  }

  /// There may be no folder of that name.
  @Test func classesAreOfTheManifestAndNotOfFolders() throws {
    for number in 1..<6 { try folder.write([1, 2, 3], to: "b/\(number).png") }
    let rows = ["a", "b"].flatMap { name in (0..<6).map { "\(name)/\($0).png,class \(name)" } }
    let error = try dataError { _ = try open((["path,label"] + rows).joined(separator: "\n")) }
    #expect(error.path == folder.url.path + "/manifest.csv" && error.reason.contains("class class b: 1 readable"))
  }
}
