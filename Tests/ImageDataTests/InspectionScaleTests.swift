import Dispatch
import Foundation
import ImageData
import Testing

/// A folder of 20,000 files, with everything in it that real folders have.
@Suite struct InspectionScaleTests {
  /// What a file of the folder is.
  private struct Planned: Sendable {
    enum Kind { case good, truncated, text, flipped }

    let split: String
    let label: Int
    let name: String
    let pixels: [UInt8]
    let width: Int
    let kind: Kind

    var path: String { "\(split)/\(label)/\(name).png" }
    var isGood: Bool { kind == .good }
    var isConstant: Bool { pixels.allSatisfy { $0 == pixels[0] } }

    func bytes() throws -> [UInt8] {
      var bytes = try PNG.encode(Image(width: width, height: 2, channels: 1, pixels: pixels))
      switch kind {
      case .good: break
      case .truncated: bytes.removeLast(14)
      case .text: bytes = Array("not an image\n".utf8)
      // In the compressed pixels, behind signature, IHDR and the head of IDAT.
      case .flipped: bytes[45] ^= 0x10
      }
      return bytes
    }
  }

  private static let base = 19_800
  private static let copies = 200

  private static func plan() -> [Planned] {
    func split(_ index: Int, isOther: Bool = false) -> String {
      (index / 10 % 5 == 0) != isOther ? "test" : "train"
    }
    var files = (0..<base).map { index -> Planned in
      let width = 2 + index % 3
      // No two alike, and of one colour every thousandth.
      let pixels =
        index % 1000 == 500
        ? [UInt8](repeating: UInt8(index / 1000 * 7), count: 2 * width)
        : [UInt8(index >> 8), UInt8(index & 255), 1] + [UInt8](repeating: 2, count: 2 * width - 3)
      let broken: [Planned.Kind] = [.truncated, .text, .flipped]
      return Planned(
        split: split(index), label: index % 10, name: "\(index)", pixels: pixels, width: width,
        kind: index % 100 == 7 ? broken[index / 100 % 3] : .good)
    }
    for copy in 0..<copies {
      // Even, so never a broken one.
      let original = files[98 * copy + 2]
      files.append(
        Planned(
          split: split(98 * copy + 2, isOther: true), label: original.label, name: "copy\(copy)",
          pixels: original.pixels, width: original.width, kind: .good))
    }
    return files
  }

  private static func write(_ files: [Planned], to root: URL) throws {
    for split in ["train", "test"] {
      for label in 0..<10 {
        try FileManager.default.createDirectory(
          at: root.appendingPathComponent("\(split)/\(label)"), withIntermediateDirectories: true)
      }
    }
    let path = root.path
    DispatchQueue.concurrentPerform(iterations: 40) { part in
      for index in stride(from: part, to: files.count, by: 40) {
        guard let bytes = try? files[index].bytes() else { continue }
        // Plain system calls: FileManager takes longer than all that is tested here.
        let file = open("\(path)/\(files[index].path)", O_WRONLY | O_CREAT | O_EXCL, 0o666)
        _ = Foundation.write(file, bytes, bytes.count)
        close(file)
      }
    }
  }

  @Test func everythingIsReportedAndNothingLost() throws {
    let folder = try TemporaryFolder()
    let files = Self.plan()
    let root = folder.url.appendingPathComponent("root")
    try Self.write(files, to: root)
    try folder.write(files[0].bytes(), to: "outside/secret.png")
    try folder.link("root/train/0/link.png", to: folder.url.appendingPathComponent("outside/secret.png").path)
    try folder.link("root/train/link", to: "../../outside")
    let summary = try DatasetSummary.inspect(root)

    let good = files.filter(\.isGood)
    #expect(files.count == 20_000 && good.count == 20_000 - 198)
    #expect(summary.splits.map(\.name) == ["train", "test"] && summary.classes == (0..<10).map(String.init))
    for split in summary.splits {
      let members = good.filter { $0.split == split.name }
      #expect(split.imagesPerClass == (0..<10).map { label in members.count { $0.label == label } })
      let pixels = members.flatMap(\.pixels).map(Double.init)
      let mean = pixels.reduce(0, +) / Double(pixels.count)
      let variance = pixels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(pixels.count)
      #expect(abs(split.mean[0] - mean / 255) < 1e-12)
      #expect(abs(split.standardDeviation[0] - variance.squareRoot() / 255) < 1e-9)
    }
    #expect(
      Set(summary.sizes.map { [$0.width, $0.height, $0.images] })
        == Set((2...4).map { width in [width, 2, good.count { $0.width == width }] }))
    // Damaged files and links, each once, and with the images all that there is.
    let links = ["train/0/link.png", "train/link"]
    #expect(summary.skipped.map(\.path).sorted() == (files.filter { !$0.isGood }.map(\.path) + links).sorted())
    #expect(summary.splits.reduce(0) { $0 + $1.images } + summary.skipped.count == files.count + links.count)
    for file in summary.skipped where links.contains(file.path) {
      #expect(file.reason.contains("leads out"), "\(file)")
    }
    #expect(summary.skipped.count { $0.reason.contains("not a PNG") } == files.count { $0.kind == .text })
    #expect(Set(summary.constant) == Set(good.filter(\.isConstant).map(\.path)) && summary.constant.count >= 20)
    let expected = (0..<Self.copies).map { Set([files[98 * $0 + 2].path, files[Self.base + $0].path]) }
    #expect(summary.duplicates.count == Self.copies && Set(summary.duplicates.map { Set($0.paths) }) == Set(expected))
    #expect(summary.duplicates.allSatisfy { $0.acrossSplits && !$0.acrossClasses && !$0.acrossDomains })
    #expect(summary.concerns.contains { $0.hasPrefix("200 images are in both train and test") })
    #expect(summary.problems.count == 1 && summary.problems[0].contains("mixed size"), "\(summary.problems)")
  }
}
