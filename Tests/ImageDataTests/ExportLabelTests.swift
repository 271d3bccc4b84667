import Foundation
import ImageData
import RandomStreams
import Testing

/// Which number a class has once exported.
@Suite struct ExportLabelTests {
  /// Exports class folders of one image each, and gives the label of each class.
  private static func labels(_ names: [String]) throws -> (byClass: [String: Int], notes: [String]) {
    let folder = try TemporaryFolder()
    try folder.writeClasses(names, in: "in", count: 1)
    let summary = try DatasetExport.write(
      folder.url.appendingPathComponent("in"), as: .npy, to: folder.url.appendingPathComponent("out"))
    let pairs = summary.labels.map { ($0.name, $0.label) }
    return (Dictionary(uniqueKeysWithValues: pairs), summary.notes)
  }

  @Test func numbersInNamesAreTheLabels() throws {
    for names in [["03", "07-dog"], ["3-cat", "7-dog", "10"], (0..<12).map(String.init)] {
      let (labels, notes) = try Self.labels(names)
      let wanted = names.map { ($0, Int($0.prefix { $0.isNumber }) ?? -1) }
      #expect(labels == Dictionary(uniqueKeysWithValues: wanted), "\(names)")
      #expect(notes.isEmpty, "\(names): \(notes)")
    }
  }

  @Test func otherNamesCountByPlace() throws {
    for names in [["cat", "dog"], ["1", "1-dog"], ["1", "dog"], ["1 cat", "2 dog"], ["1", "70000"]] {
      let (labels, notes) = try Self.labels(names)
      let places = names.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }.enumerated()
      #expect(labels == Dictionary(uniqueKeysWithValues: places.map { ($1, $0) }), "\(names)")
      #expect(notes.count == 1 && notes[0].contains("places"), "\(names): \(notes)")
    }
  }

  /// Import, then export: whatever the names, the labels of the images are those of the source.
  @Test func importedLabelsSurviveAnyNames() throws {
    let kinds: [[String]] = [
      ["1-ply", "2-ply", "3-ply"], ["a", "b", "c"], ["c", "b", "a"], ["2", "1", "0"], ["0-a", "1-b", "2-c"],
      ["x", "x", "x"], ["0", "00", "000"], ["train", "test", "val"], ["10", "9", "8"],
    ]
    for (number, names) in kinds.enumerated() {
      for used in [[0, 1, 2], [0, 2], [1, 2], [2]] {
        let folder = try TemporaryFolder()
        let draws = RandomStream(seed: 8).stream("labels").stream(number)
        let labels = used + (0..<4).map { used[draws.integer(below: used.count, at: UInt64($0))] }
        let count = UInt8(labels.count)
        try folder.write(
          [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 1, 0, 0, 0, 1] + (0..<count), to: "in/images-idx3-ubyte")
        try folder.write([0, 0, 8, 1, 0, 0, 0, count] + labels.map { UInt8($0) }, to: "in/labels-idx1-ubyte")
        func place(_ name: String) -> URL { folder.url.appendingPathComponent(name) }
        let plan = try DatasetImport.detect(place("in"), options: .init(classNames: names))
        #expect(plan.classFolders == plan.classFolders.sorted(), "\(names) \(used): \(plan.classFolders)")
        _ = try plan.write(to: place("png"))
        _ = try DatasetExport.write(place("png"), as: .idx(gzip: false), to: place("out"))
        for file in ["images-idx3-ubyte", "labels-idx1-ubyte"] {
          let (before, after) = try (Data(contentsOf: place("in/" + file)), Data(contentsOf: place("out/" + file)))
          #expect(before == after, "\(names) \(used) \(file): \(plan.classFolders)")
        }
      }
    }
    let plain = try DatasetImport.detect(
      FormatsGoldenTests.folder.appendingPathComponent("npy"), options: .init(classNames: ["a", "b", "c", "d"]))
    #expect(plain.classFolders == ["a", "b", "c", "d"])
  }
}
