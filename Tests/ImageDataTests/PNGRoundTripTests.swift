import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct PNGRoundTripTests {
  @Test func encodeThenDecodeIsTheIdentity() throws {
    for seed in 0..<300 {
      let stream = RandomStream(seed: UInt64(seed))
      let image = try randomImage(
        stream.stream("pixels"), width: 1 + stream.integer(below: 40, at: 0),
        height: 1 + stream.integer(below: 40, at: 1), channels: 1 + stream.integer(below: 4, at: 2))
      let bytes = try PNG.encode(image)
      #expect(try PNG.encode(image) == bytes, "seed \(seed)")
      #expect(try PNG.decode(bytes, path: "memory") == image, "seed \(seed)")
    }
  }

  @Test func encodedFilesHoldOnlyCriticalChunks() throws {
    let bytes = try PNG.encode(randomImage(RandomStream(seed: 1), width: 5, height: 4, channels: 3))
    var kinds: [String] = []
    var at = 8
    while at + 12 <= bytes.count {
      let length = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
      kinds.append(String(decoding: bytes[at + 4..<at + 8], as: UTF8.self))
      at += 12 + length
    }
    #expect(kinds == ["IHDR", "IDAT", "IEND"] && at == bytes.count)
  }

  @Test func writtenFilesReadBack() throws {
    let folder = try TemporaryFolder()
    let image = try randomImage(RandomStream(seed: 2), width: 9, height: 7, channels: 4)
    let url = folder.url.appendingPathComponent("a.png")
    try PNG.write(image, to: url)
    #expect(try PNG.decode(contentsOf: url) == image)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["a.png"])
  }

  @Test func sixteenBitsBecomeTheNearestEight() throws {
    var rows: [UInt8] = []
    for high in UInt8.min...UInt8.max {
      rows.append(0)
      for low in UInt8.min...UInt8.max { rows += [high, low] }
    }
    let file = HandmadePNG(width: 256, height: 256, depth: 16, rows: rows)
    let image = try PNG.decode(file.bytes, path: "memory")
    let expected = (0..<65536).map { UInt8((Double($0) / 257).rounded()) }
    #expect(image.pixels == expected)
  }

  @Test func grayOfGrayIsItself() throws {
    let gray = try Image(width: 256, height: 1, channels: 1, pixels: (0...255).map { UInt8($0) })
    let rgb = try PNG.decode(PNG.encode(gray), path: "memory", as: .rgb)
    #expect(rgb.pixels == gray.pixels.flatMap { [$0, $0, $0] })
    #expect(try PNG.decode(PNG.encode(rgb), path: "memory", as: .gray) == gray)
  }

  @Test func transparencyBlendsOntoTheBackground() throws {
    let image = try Image(width: 3, height: 1, channels: 2, pixels: [200, 255, 200, 0, 200, 51])
    let bytes = try PNG.encode(image)
    #expect(try PNG.decode(bytes, path: "memory", as: .gray).pixels == [200, 0, 40])
    #expect(try PNG.decode(bytes, path: "memory", as: .gray, over: .white).pixels == [200, 255, 244])
    let color = Background(red: 10, green: 20, blue: 30)
    #expect(
      try PNG.decode(bytes, path: "memory", as: .rgb, over: color).pixels == [200, 200, 200, 10, 20, 30, 48, 56, 64])
  }

  @Test func anImageRefusesWrongCounts() throws {
    #expect(throws: DataError.self) { try Image(width: 2, height: 2, channels: 1, pixels: [1, 2, 3]) }
    #expect(throws: DataError.self) { try Image(width: 0, height: 2, channels: 1, pixels: []) }
    #expect(throws: DataError.self) { try Image(width: 1, height: 1, channels: 5, pixels: [1, 2, 3, 4, 5]) }
    #expect(throws: DataError.self) { try Image(width: .max, height: .max, channels: 4, pixels: []) }
  }
}
