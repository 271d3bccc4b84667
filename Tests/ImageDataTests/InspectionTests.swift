import Foundation
import ImageData
import Testing

@Suite struct InspectionTests {
  @Test func domainsAreInspectedTogether() throws {
    let folder = try TemporaryFolder()
    for domain in ["plain", "noise"] {
      try folder.writeClasses(["a", "b"], in: "\(domain)/train", count: 3)
      try folder.writeClasses(["a", "b"], in: "\(domain)/test", count: 2)
    }
    let same = try PNG.encode(Image(width: 3, height: 2, channels: 1, pixels: [1, 2, 3, 4, 5, 6]))
    try folder.write(same, to: "plain/train/a/same.png")
    try folder.write(same, to: "noise/test/b/same.png")
    try folder.write([0], to: "noise/test/b/bad.png")
    let summary = try DatasetSummary.inspect(folder.url)
    #expect(summary.domains == ["noise", "plain"] && summary.hasSplits && summary.classes == ["a", "b"])
    #expect(summary.splits.map(\.name) == ["noise/train", "noise/test", "plain/train", "plain/test"])
    #expect(summary.splits.map(\.images) == [6, 5, 7, 4])
    #expect(summary.skipped.map(\.path) == ["noise/test/b/bad.png"])
    let copy = try #require(summary.duplicates.first)
    #expect(summary.duplicates.count == 1 && copy.acrossSplits && copy.acrossClasses && copy.acrossDomains)
    #expect(copy.paths == ["noise/test/b/same.png", "plain/train/a/same.png"] && summary.problems.isEmpty)
  }

  @Test func aManifestIsReadByAnotherCommand() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array("path,label\nx.png,a\n".utf8), to: "manifest.csv")
    for url in [folder.url, folder.url.appendingPathComponent("manifest.csv")] {
      let error = try dataError { _ = try DatasetSummary.inspect(url) }
      #expect(error.reason.hasPrefix("a CSV manifest") && error.advice.contains("steadfast data tasks"))
    }
  }

  @Test func imbalanceIsAConcernAboveTen() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["large"], count: 22)
    try folder.writeClasses(["small"], count: 2)
    let summary = try DatasetSummary.inspect(folder.url)
    #expect(summary.splits[0].imbalance == 11 && summary.concerns.count == 1, "\(summary.concerns)")
    #expect(summary.concerns[0].contains("large has 22 images and small only 2"))
    try folder.writeClasses(["small"], in: "", count: 3)
    #expect(try DatasetSummary.inspect(folder.url).concerns.isEmpty)
  }

  @Test func aSheetShowsItsImages() throws {
    let folder = try TemporaryFolder()
    for (name, value) in [("dark", 10), ("light", 240)] {
      for split in ["train", "test"] {
        for number in 0..<5 {
          let pixels = [UInt8](repeating: UInt8(value + number), count: 4)
          try folder.write(
            PNG.encode(Image(width: 2, height: 2, channels: 1, pixels: pixels)), to: "\(split)/\(name)/\(number).png")
        }
      }
    }
    let sheet = try ContactSheet.make(folder.url, options: .init(perClass: 3))
    #expect(sheet.channels == 3 && sheet.width <= 4096 && sheet.height <= 4096)
    // Files 0, 1 and 3 of 5, each enlarged to 64 × 64, in both splits.
    var counts: [UInt8: Int] = [:]
    for start in stride(from: 0, to: sheet.pixels.count, by: 3) {
      let (red, green, blue) = (sheet.pixels[start], sheet.pixels[start + 1], sheet.pixels[start + 2])
      if red == green, green == blue { counts[red, default: 0] += 1 }
    }
    let wanted = Dictionary(uniqueKeysWithValues: [10, 11, 13, 240, 241, 243].map { (UInt8($0), 2 * 64 * 64) })
    #expect(counts == wanted, "\(counts)")
  }

  @Test func aSheetIsBounded() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses((0..<60).map { "class \($0) with a rather long name é" }, count: 2, width: 300, height: 7)
    try folder.write([1], to: "class 0 with a rather long name é/0.png")
    for (columns, side) in [(1, 900), (3, 4096), (1, 500)] {
      let sheet = try ContactSheet.make(folder.url, options: .init(perClass: 40, columns: columns, maximumSide: side))
      #expect(sheet.width <= side && sheet.height <= side, "\(sheet.shape)")
    }
    #expect(throws: DataError.self) { try ContactSheet.make(folder.url, options: .init(maximumSide: 100)) }
  }
}
