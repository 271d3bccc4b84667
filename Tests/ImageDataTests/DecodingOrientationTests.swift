import Foundation
import RandomStreams
import Testing

@testable import ImageData

@Suite struct DecodingOrientationTests {
  @Test func asPillow() throws {
    let turns = try DecodingGolden.load().turns
    #expect(turns.count == 24)
    for golden in turns {
      let depth = golden.depth == 16 ? SampleDepth.sixteen : .eight
      let image = try decode([UInt8](golden.png), PNGOptions(depth: depth, orientation: .upright))
      #expect(image.width == golden.width && image.height == golden.height, "\(golden.name)")
      let expected = golden.depth == 16 ? golden.pixels.shorts : golden.pixels.map(Int.init)
      #expect(image.samples == expected, "\(golden.name)")
    }
  }

  /// All stored forms, interlaced too, against turning the decoded image here.
  @Test func everyStoredFormTurns() throws {
    let folder = fixture("pngsuite")
    for (seed, name) in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().enumerated() {
      guard name.hasSuffix(".png"), !name.hasPrefix("x"), name != "exif2c08.png" else { continue }
      let stream = RandomStream(seed: UInt64(seed)).stream("turns")
      let value = 1 + stream.integer(below: 8, at: 0)
      let options = PNGOptions(
        form: PixelForm.allCases[stream.integer(below: 5, at: 1)],
        depth: SampleDepth.allCases[stream.integer(below: 2, at: 2)],
        color: DecodingPolicy.Color.allCases[stream.integer(below: 2, at: 3)])
      var file = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
      let plain = try decode(file, options)
      var exif = turned
      exif[19] = UInt8(value)
      file.insert(contentsOf: HandmadePNG.chunk("eXIf", exif), at: 33)
      var upright = options
      upright.orientation = .upright
      #expect(try decode(file, upright) == Self.turned(plain, value), "\(name), orientation \(value), seed \(seed)")
    }
  }

  /// Pixel by pixel, each found where the Exif standard says that it is stored.
  private static func turned(_ image: Image, _ value: Int) throws -> Image {
    let (width, height) = value >= 5 ? (image.height, image.width) : (image.width, image.height)
    let size = image.channels * image.shape.depth.bytes
    var pixels: [UInt8] = []
    for row in 0..<height {
      for column in 0..<width {
        let (right, below) = (width - 1 - column, height - 1 - row)
        let (x, y) = [
          (column, row), (right, row), (right, below), (column, below), (row, column), (row, right), (below, right),
          (below, column),
        ][value - 1]
        let at = (y * image.width + x) * size
        pixels += image.pixels[at..<at + size]
      }
    }
    return try Image(
      width: width, height: height, channels: image.channels, depth: image.shape.depth, pixels: pixels)
  }

  @Test func headersKnowTheTurnedSize() throws {
    for golden in try DecodingGolden.load().turns {
      let file = [UInt8](golden.png)
      let header = try PNG.header(of: file, path: "m", orientation: .upright)
      #expect(header.orientation == Int(String(golden.name.prefix(1))), "\(golden.name)")
      #expect(header.uprightWidth == golden.width && header.uprightHeight == golden.height, "\(golden.name)")
      #expect(try PNG.header(of: file, path: "m").orientation == 1, "\(golden.name)")
    }
  }

  private let turned: [UInt8] = Array("MM".utf8) + [0, 42] + four(8) + [0, 1, 1, 18, 0, 3] + four(1) + [0, 6, 0, 0]

  private func upright(_ exif: [UInt8]) throws -> (pixels: [UInt8], warnings: String) {
    let file = HandmadePNG(extra: [("eXIf", exif)]).bytes
    let (image, warnings) = try decodeWithWarnings(file, PNGOptions(orientation: .upright))
    let asStored = try decodeWithWarnings(file, PNGOptions())
    #expect(asStored.image.pixels == [1, 2, 3, 4] && asStored.warnings == "")
    return (image.pixels, warnings)
  }

  @Test func damagedChunksAreAWarning() throws {
    #expect(try upright(turned) == ([3, 1, 4, 2], ""))
    for length in 0..<turned.count - 4 {
      let (pixels, warnings) = try upright(Array(turned.prefix(length)))
      #expect(pixels == [1, 2, 3, 4] && warnings.contains("eXIf"), "\(length) bytes: \(warnings)")
    }
    let changes: [(at: Int, to: UInt8)] = [
      (0, 73), (2, 1), (4, 255), (7, 255), (7, 0), (8, 255), (9, 2), (13, 4), (17, 0), (17, 2), (19, 0), (19, 9),
    ]
    for change in changes {
      var exif = turned
      exif[change.at] = change.to
      let (pixels, warnings) = try upright(exif)
      #expect(pixels == [1, 2, 3, 4] && warnings.contains("eXIf: damaged"), "\(change): \(warnings)")
    }
    #expect(try upright(Array("II".utf8) + [42, 0, 8, 0, 0, 0, 0, 0]) == ([1, 2, 3, 4], ""), "no orientation at all")
  }

  /// eXIf may follow the pixels (PNG specification, 5.6).
  @Test func theChunkMayComeLate() throws {
    let file = HandmadePNG().bytes
    let end = HandmadePNG.chunk("IEND", []).count
    let late = Array(file.dropLast(end)) + HandmadePNG.chunk("eXIf", turned) + file.suffix(end)
    #expect(try decode(late, PNGOptions(orientation: .upright)).pixels == [3, 1, 4, 2])
    #expect(try PNG.header(of: late, path: "m", orientation: .upright).orientation == 6)
  }

  @Test func ofTwoChunksTheFirstCounts() throws {
    let file = HandmadePNG(extra: [("eXIf", turned), ("eXIf", [])]).bytes
    let (image, warnings) = try decodeWithWarnings(file, PNGOptions(orientation: .upright))
    #expect(image.pixels == [3, 1, 4, 2] && warnings.contains("more than one eXIf"), "\(warnings)")
  }
}
