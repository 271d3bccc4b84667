import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct PNGHostileTests {
  static let small = ["basi3p02.png", "basn6a16.png", "tbbn0g04.png", "basi2c16.png", "s03n3p01.png", "tm3n3p02.png"]

  private func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: fixture("pngsuite/" + name)))
  }

  @Test func everyTruncationIsAnError() throws {
    for file in try Self.small.map(bytes) + [HandmadePNG().bytes] {
      for length in 0..<file.count {
        #expect(throws: DataError.self, "\(length) of \(file.count) bytes") {
          try PNG.decode(Array(file.prefix(length)), path: "memory")
        }
      }
    }
  }

  /// Checksums are mended after every second mutation, so that it reaches past them.
  @Test func mutationsNeverCrash() throws {
    let files = try Self.small.map(bytes) + [HandmadePNG().bytes]
    var (decoded, refused) = (0, 0)
    for seed in 0..<20_000 {
      let stream = RandomStream(seed: UInt64(seed))
      var file = files[stream.integer(below: files.count, at: 0)]
      for change in 0..<(1 + stream.integer(below: 4, at: 1)) {
        let draw = stream.stream(change)
        file[draw.integer(below: file.count, at: 0)] = UInt8(draw.integer(below: 256, at: 1))
      }
      if seed.isMultiple(of: 2) { mendChecksums(&file) }
      let form = PixelForm.allCases[seed % 5]
      do {
        let image = try PNG.decode(
          file, path: "memory", as: form, limits: PNGLimits(maximumPixels: 1 << 16, maximumSide: 1 << 12))
        #expect(image.pixels.count == image.width * image.height * image.channels, "seed \(seed)")
        decoded += 1
      } catch let error as DataError {
        #expect(error.code == .badData && !error.reason.isEmpty, "seed \(seed): \(error)")
        refused += 1
      }
    }
    #expect(decoded > 500 && refused > 5000, "decoded \(decoded), refused \(refused)")
  }

  private func mendChecksums(_ file: inout [UInt8]) {
    var at = 8
    while at + 12 <= file.count {
      let length = file[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= file.count - at - 12 else { return }
      let crc = crc32(file[at + 4..<at + 8 + length])
      for k in 0..<4 { file[at + 8 + length + k] = UInt8(truncatingIfNeeded: crc >> UInt32(24 - 8 * k)) }
      at += 12 + length
    }
  }

  @Test func hugeHeadersAreRefusedBeforeMemoryIsTaken() throws {
    let side = try dataError { _ = try PNG.decode(HandmadePNG(width: 100_000, height: 100_000).bytes, path: "h.png") }
    #expect(side.code == .badData && side.path == "h.png" && side.reason.contains("100000 x 100000"), "\(side)")
    let area = try dataError { _ = try PNG.decode(HandmadePNG(width: 30_000, height: 30_000).bytes, path: "h.png") }
    #expect(area.reason.contains("900000000"), "\(area)")
    // Within the limits, but no stream of so few bytes can hold it.
    let bomb = try dataError { _ = try PNG.decode(HandmadePNG(width: 8000, height: 8000).bytes, path: "h.png") }
    #expect(bomb.reason.contains("too few"), "\(bomb)")
    for (width, height) in [(0, 5), (5, 0), (UInt32.max, 1), (0x7FFF_FFFF, 0x7FFF_FFFF)] as [(UInt32, UInt32)] {
      #expect(throws: DataError.self) { try PNG.decode(HandmadePNG(width: width, height: height).bytes, path: "h") }
    }
  }

  @Test func limitsAreInclusive() throws {
    let file = HandmadePNG().bytes
    let exact = PNGLimits(maximumPixels: 4, maximumSide: 2)
    #expect(try PNG.decode(file, path: "m", limits: exact).pixels == [1, 2, 3, 4])
    #expect(throws: DataError.self) { try PNG.decode(file, path: "m", limits: PNGLimits(maximumPixels: 3)) }
    #expect(throws: DataError.self) { try PNG.decode(file, path: "m", limits: PNGLimits(maximumSide: 1)) }
  }

  @Test func aPaletteEntryThatIsNotThereIsAnError() throws {
    var file = HandmadePNG(colorType: 3, extra: [("PLTE", [1, 2, 3, 4, 5, 6])], rows: [0, 0, 1, 0, 1, 0])
    #expect(try PNG.decode(file.bytes, path: "m").pixels == [1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3])
    file.rows[4] = 2
    let error = try dataError { _ = try PNG.decode(file.bytes, path: "m") }
    #expect(error.reason.contains("palette"), "\(error)")
    file.extra = []
    #expect(throws: DataError.self) { try PNG.decode(file.bytes, path: "m") }
  }

  @Test func aBadTransparencyChunkIsAnErrorNotADifferentPicture() throws {
    #expect(throws: DataError.self) { try PNG.decode(HandmadePNG(extra: [("tRNS", [1])]).bytes, path: "m") }
    let good = try PNG.decode(HandmadePNG(extra: [("tRNS", [0, 3])]).bytes, path: "m")
    #expect(good.pixels == [1, 255, 2, 255, 3, 0, 4, 255])
  }

  @Test func trailingBytesAndStrangeChunksAreTolerated() throws {
    #expect(try PNG.decode(HandmadePNG().bytes + [1, 2, 3], path: "m").pixels == [1, 2, 3, 4])
    let odd = HandmadePNG(extra: [("iCCP", [1, 2, 3]), ("abCd", [9]), ("zTXt", Array(repeating: 0, count: 50))])
    #expect(try PNG.decode(odd.bytes, path: "m").pixels == [1, 2, 3, 4])
    let manyChunks = HandmadePNG(extra: Array(repeating: ("tEXt", [65, 0, 66]), count: 20_000))
    #expect(try PNG.decode(manyChunks.bytes, path: "m").pixels == [1, 2, 3, 4])
    let large = HandmadePNG(extra: [("tEXt", Array(repeating: 65, count: 200_000))])
    #expect(try PNG.decode(large.bytes, path: "m").pixels == [1, 2, 3, 4])
    #expect(throws: DataError.self) { try PNG.decode(HandmadePNG(extra: [("ABCD", [9])]).bytes, path: "m") }
  }

  @Test func tooFewRowsAreAnError() throws {
    #expect(throws: DataError.self) { try PNG.decode(HandmadePNG(rows: [0, 1, 2]).bytes, path: "m") }
    #expect(throws: DataError.self) { try PNG.decode(HandmadePNG(rows: []).bytes, path: "m") }
  }

  @Test func onlyRegularFilesAreRead() throws {
    let folder = try TemporaryFolder()
    let missing = folder.url.appendingPathComponent("none.png")
    #expect(try dataError { _ = try PNG.decode(contentsOf: missing) }.code == .noSuchInput)
    #expect(try dataError { _ = try PNG.decode(contentsOf: folder.url) }.reason == "not a regular file")
    let pipe = folder.url.appendingPathComponent("pipe.png")
    #expect(mkfifo(pipe.path, 0o600) == 0)
    #expect(try dataError { _ = try PNG.decode(contentsOf: pipe) }.reason == "not a regular file")
    try folder.write([], to: "empty.png")
    let empty = try dataError { _ = try PNG.decode(contentsOf: folder.url.appendingPathComponent("empty.png")) }
    #expect(empty.reason == "the file is empty")
    try folder.write(HandmadePNG().bytes, to: "a.png")
    #expect(throws: DataError.self) {
      try PNG.decode(contentsOf: folder.url.appendingPathComponent("a.png"), limits: PNGLimits(maximumFileBytes: 10))
    }
  }
}
