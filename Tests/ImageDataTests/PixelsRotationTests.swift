import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct PixelsRotationTests {
  struct Golden: Decodable {
    let key: UInt64
    let shape: [Int]
    let degrees: Double
    let pixels: Data
  }

  /// PIL cuts fractions off 8-bit results where these are rounded, and has 32-bit floats for 16 bits.
  @Test func resultsAreThoseOfPILWithinOne() throws {
    let cases: [Golden] = try golden("rotation")
    #expect(cases.count > 15)
    for item in cases {
      let shape = try shape(item.shape)
      var pixels = randomBytes(item.key, count: shape.byteCount)
      if shape.channels.isMultiple(of: 2) { makeOpaque(&pixels, shape) }
      try Rotation(degrees: item.degrees).apply(to: &pixels, shape: shape)
      let difference = largestDifference(pixels, [UInt8](item.pixels), shape.depth)
      let quarters = item.degrees.remainder(dividingBy: 90) == 0
      #expect(difference <= (quarters ? 0 : 1), "\(item.key): off by \(difference)")
    }
  }

  private func makeOpaque(_ pixels: inout [UInt8], _ shape: ImageShape) {
    let size = shape.channels * shape.depth.bytes
    for i in pixels.indices where i % size >= size - shape.depth.bytes { pixels[i] = 255 }
  }

  /// Turning there and back by quarters gives every byte back, at any depth, opaque or not.
  @Test func quarterTurnsOfSquaresAreExact() throws {
    for seed in 0..<60 {
      let stream = RandomStream(seed: UInt64(seed))
      let drawn = try randomShape(stream, below: 16)
      let shape = try ImageShape(
        height: drawn.height, width: drawn.height, channels: drawn.channels, depth: drawn.depth)
      var pixels = randomBytes(UInt64(seed), count: 2 * shape.byteCount)
      if shape.channels.isMultiple(of: 2) { makeOpaque(&pixels, shape) }
      var turned = pixels
      for _ in 0..<3 { try Rotation(degrees: 90).apply(to: &turned, shape: shape) }
      var back = pixels
      try Rotation(degrees: -90 - 720).apply(to: &back, shape: shape)
      #expect(turned == back, "seed \(seed)")
      try Rotation(degrees: 450).apply(to: &back, shape: shape)
      #expect(back == pixels, "seed \(seed)")
      try Rotation(degrees: 0).apply(to: &back, shape: shape)
      #expect(back == pixels, "seed \(seed)")
    }
  }

  @Test func quartersGoCounterClockwise() throws {
    var pixels: [UInt8] = [1, 2, 3, 4]
    let shape = try ImageShape(height: 2, width: 2, channels: 1)
    try Rotation(degrees: 90).apply(to: &pixels, shape: shape)
    #expect(pixels == [2, 4, 1, 3])
  }

  @Test func cornersFromOutsideAreBlackAndTransparent() throws {
    let shape = try ImageShape(height: 20, width: 20, channels: 4)
    var pixels = [UInt8](repeating: 255, count: shape.byteCount)
    try Rotation(degrees: 45).apply(to: &pixels, shape: shape)
    #expect(Array(pixels[0..<4]) == [0, 0, 0, 0] && Array(pixels.suffix(4)) == [0, 0, 0, 0])
    let middle = (10 * 20 + 10) * 4
    #expect(Array(pixels[middle..<middle + 4]) == [255, 255, 255, 255])
  }

  @Test func nonsenseIsRefused() throws {
    let shape = try ImageShape(height: 2, width: 2, channels: 1)
    for degrees in [Double.nan, .infinity] {
      _ = try dataError {
        var pixels = [UInt8](repeating: 1, count: 4)
        try Rotation(degrees: degrees).apply(to: &pixels, shape: shape)
      }
    }
    _ = try dataError {
      var pixels = [UInt8](repeating: 1, count: 5)
      try Rotation(degrees: 3).apply(to: &pixels, shape: shape)
    }
    var none: [UInt8] = []
    try Rotation(degrees: 3).apply(to: &none, shape: shape)
    #expect(none.isEmpty)
  }
}
