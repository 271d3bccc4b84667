import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct PNGRoundTripTests {
  @Test func encodeThenDecodeIsTheIdentity() throws {
    for seed in 0..<300 {
      let stream = RandomStream(seed: UInt64(seed))
      let image = try anyImage(stream)
      let bytes = try PNG.encode(image)
      #expect(try PNG.encode(image) == bytes, "seed \(seed)")
      #expect(try PNG.decode(bytes, path: "memory", depth: image.shape.depth) == image, "seed \(seed)")
      let form = [PixelForm.gray, .grayAlpha, .rgb, .rgbAlpha][image.channels - 1]
      #expect(try PNG.decode(bytes, path: "memory", as: form, depth: image.shape.depth) == image, "seed \(seed)")
    }
  }

  private func anyImage(_ stream: RandomStream) throws -> Image {
    let shape = try ImageShape(
      height: 1 + stream.integer(below: 40, at: 0), width: 1 + stream.integer(below: 40, at: 1),
      channels: 1 + stream.integer(below: 4, at: 2), depth: stream.integer(below: 2, at: 3) == 0 ? .eight : .sixteen)
    let draws = stream.stream("pixels")
    let pixels = (0..<shape.byteCount).map { UInt8(truncatingIfNeeded: draws.bits(at: UInt64($0))) }
    return try Image(shape: shape, pixels: pixels)
  }

  /// Written at 16 bits and read at 8, an 8-bit image comes back: scaling up is exact and scaling down finds it.
  @Test func depthsConvertExactly() throws {
    for channels in 1...4 {
      let pixels = (0..<256 * channels).map { UInt8($0 & 255) }
      let small = try Image(width: 256, height: 1, channels: channels, pixels: pixels)
      let large = try PNG.decode(PNG.encode(small), path: "memory", depth: .sixteen)
      #expect(large.shape.depth == .sixteen && large.channels == channels)
      // 257 times a byte is that byte twice.
      #expect(large.pixels == small.pixels.flatMap { [$0, $0] })
      #expect(try PNG.decode(PNG.encode(large), path: "memory") == small)
    }
  }

  /// Against exact quotients, at the corners and at random.
  @Test func sixteenBitsBlendAndWeighExactly() throws {
    let over = Background(red: 1, green: 128, blue: 254)
    for seed in 0..<2000 {
      let stream = RandomStream(seed: UInt64(seed)).stream("blend")
      let samples = (0..<4).map { k in
        let draw = stream.integer(below: 65536, at: UInt64(k))
        return seed < 81 ? [0, 32768, 65535][seed / [1, 3, 9, 27][k] % 3] : draw
      }
      let bytes = samples.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      let file = try PNG.encode(Image(width: 1, height: 1, channels: 4, depth: .sixteen, pixels: bytes))
      let blended = zip(samples, [1, 128, 254]).map { value, background in
        (value * samples[3] + background * 257 * (65535 - samples[3]) + 32767) / 65535
      }
      let rgb = try PNG.decode(file, path: "memory", as: .rgb, over: over, depth: .sixteen)
      #expect(rgb.samples == blended, "seed \(seed)")
      let luma = (blended[0] * 19595 + blended[1] * 38470 + blended[2] * 7471 + 32768) >> 16
      let gray = try PNG.decode(file, path: "memory", as: .gray, over: over, depth: .sixteen)
      #expect(gray.samples == [luma], "seed \(seed)")
      let kept = try PNG.decode(file, path: "memory", as: .grayAlpha, depth: .sixteen)
      let unblended = (samples[0] * 19595 + samples[1] * 38470 + samples[2] * 7471 + 32768) >> 16
      #expect(kept.samples == [unblended, samples[3]], "seed \(seed)")
    }
  }

  @Test func formsWithAlphaAreOpaqueWhereTheFileIs() throws {
    let rgb = try Image(width: 1, height: 1, channels: 3, pixels: [10, 20, 30])
    let bytes = try PNG.encode(rgb)
    #expect(try PNG.decode(bytes, path: "memory", as: .rgbAlpha).pixels == [10, 20, 30, 255])
    #expect(try PNG.decode(bytes, path: "memory", as: .rgbAlpha, depth: .sixteen).samples == [2570, 5140, 7710, 65535])
    let clear = try Image(width: 1, height: 1, channels: 2, pixels: [10, 0])
    #expect(try PNG.decode(PNG.encode(clear), path: "memory", as: .rgbAlpha).pixels == [10, 10, 10, 0])
    #expect(try PNG.decode(PNG.encode(clear), path: "memory", as: .grayAlpha).pixels == [10, 0])
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
