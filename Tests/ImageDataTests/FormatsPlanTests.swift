import Foundation
import ImageData
import Testing

/// What an import says before it writes.
@Suite struct FormatsPlanTests {
  private static func place(_ name: String) -> URL { FormatsGoldenTests.folder.appendingPathComponent(name) }

  @Test func roundedFloatsAreNoted() throws {
    for (source, isNoted) in [("float16.npz", true), ("float64.npz", true), ("bool.npz", false), ("keras.npz", false)] {
      let notes = try DatasetImport.detect(Self.place(source)).notes
      #expect(notes.contains { $0.contains("8 bits") } == isNoted, "\(source): \(notes)")
    }
  }

  @Test func thePlanIsMachineReadable() throws {
    struct Read: Decodable {
      struct Set: Decodable, Equatable {
        let name: String
        let images: Int
        let imagesPerClass: [Int]
      }
      let source: String
      let format: String
      let shape: ImageShape
      let classes: [String]
      let sets: [Set]
      let notes: [String]
    }
    let plan = try DatasetImport.detect(Self.place("medmnist.npz"))
    let read = try JSONDecoder().decode(Read.self, from: JSONEncoder().encode(plan))
    #expect(read.source == Self.place("medmnist.npz").path && read.format == "npz")
    #expect(read.shape == plan.sets[0].shape && read.classes == ["0", "1"] && read.notes == plan.notes)
    let counts = plan.sets[0].labels.reduce(into: [0, 0]) { $0[$1] += 1 }
    #expect(
      read.sets == [
        .init(name: "train", images: 4, imagesPerClass: counts),
        .init(name: "test", images: 2, imagesPerClass: [1, 1]),
      ])
    #expect("\(plan)" == plan.description && plan.description.contains("NUMBER.png"))
  }

  @Test func namedArraysAreChecked() throws {
    typealias Arrays = ImportOptions.Arrays
    let source = Self.place("medmnist.npz")
    func refusal(_ arrays: [Arrays], in source: URL = source) throws -> DataError {
      try dataError { _ = try DatasetImport.detect(source, options: .init(arrays: arrays)) }
    }
    let missing = try refusal([
      Arrays(set: "train", images: "train_images", labels: "nothing"),
      Arrays(set: "test", images: "no", labels: "none"),
    ])
    #expect(missing.reason.contains("nothing, no, none"), "\(missing)")
    #expect(missing.advice.contains("train_images, train_labels, val_images"), "\(missing)")
    let test = Arrays(set: "test", images: "test_images", labels: "test_labels")
    #expect(try refusal([test, test]).reason.contains("test, test"))
    #expect(try refusal([Arrays(set: "dev", images: "val_images", labels: "val_labels")]).reason.contains("dev"))
    #expect(try refusal([Arrays(set: "all", images: "val_labels", labels: "val_labels")]).reason.contains("both"))
    #expect(try refusal([]).reason.contains("no arrays"))
    #expect(try refusal([test], in: Self.place("idx")).reason.contains("IDX has no arrays"))
    let plan = try DatasetImport.detect(source, options: .init(arrays: [test]))
    #expect(plan.sets.map(\.name) == ["test"] && plan.sets[0].labels == [0, 1])
  }
}
