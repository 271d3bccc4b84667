import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct DatasetSummaryTests {
  @Test func countsStatisticsAndDuplicates() throws {
    let folder = try TemporaryFolder()
    func write(_ pixels: [UInt8], _ path: String) throws {
      try folder.write(PNG.encode(Image(width: 2, height: 1, channels: 1, pixels: pixels)), to: path)
    }
    try write([0, 255], "train/a/1.png")
    try write([255, 255], "train/a/2.png")
    try write([0, 255], "train/b/1.png")
    try write([51, 51], "test/a/1.png")
    try write([255, 255], "test/b/1.png")
    try folder.write([1], to: "test/b/bad.png")
    let summary = try DatasetSummary.inspect(folder.url)
    #expect(summary.classes == ["a", "b"] && summary.hasSplits && summary.form == .gray)
    #expect(summary.splits.map(\.name) == ["train", "test"] && summary.splits.map(\.images) == [3, 2])
    #expect(summary.splits.map(\.imagesPerClass) == [[2, 1], [1, 1]])
    // Of 0, 1, 1, 1, 0, 1: mean 2/3, variance 2/9.
    #expect(abs(summary.splits[0].mean[0] - 2.0 / 3) < 1e-12)
    #expect(abs(summary.splits[0].standardDeviation[0] - (2.0 / 9).squareRoot()) < 1e-12)
    #expect(abs(summary.splits[1].mean[0] - 0.6) < 1e-12)
    #expect(abs(summary.splits[1].standardDeviation[0] - 0.4) < 1e-12)
    #expect(summary.sizes.map { [$0.width, $0.height, $0.images] } == [[2, 1, 5]])
    #expect(summary.storage.map(\.colorType) == ["gray"] && summary.storage[0].bitDepth == 8)
    #expect(summary.skipped.map(\.path) == ["test/b/bad.png"])
    #expect(
      summary.duplicates.map(\.paths) == [["train/a/1.png", "train/b/1.png"], ["train/a/2.png", "test/b/1.png"]])
    #expect(summary.duplicates.map(\.acrossSplits) == [false, true])
    #expect(summary.duplicates.map(\.acrossClasses) == [true, true])
    #expect(summary.problems.isEmpty)
    let copy = try JSONDecoder().decode(DatasetSummary.self, from: JSONEncoder().encode(summary))
    #expect(copy == summary)
  }

  @Test func problemsAreThoseOfLoading() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a"], count: 2)
    #expect(try DatasetSummary.inspect(folder.url).problems.count == 1)
    try folder.writeClasses(["b"], count: 2, width: 7)
    let mixed = try DatasetSummary.inspect(folder.url)
    #expect(mixed.problems.count == 1 && mixed.problems[0].contains("mixed size"), "\(mixed.problems)")
    #expect(mixed.sizes.count == 2 && mixed.splits.map(\.name) == ["all"])
    try folder.write([1], to: "c/1.png")
    #expect(try DatasetSummary.inspect(folder.url).problems.contains { $0.contains("c: 0 readable") })
  }

  @Test func aFolderWithoutClassesIsAnError() throws {
    let folder = try TemporaryFolder()
    #expect(throws: DataError.self) { try DatasetSummary.inspect(folder.url) }
  }
}
