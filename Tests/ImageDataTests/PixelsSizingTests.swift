import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct PixelsSizingTests {
  struct Golden: Decodable {
    let key: UInt64
    let from: [Int]
    let to: [Int]
    let fit: Sizing.Fit
    let filter: Sizing.Filter
    let crc32: UInt32?
    let pixels: Data?
  }

  /// 8 bits to the bit; 16 bits within 1, as PIL has no more than 32-bit floats for them.
  @Test func resultsAreThoseOfPIL() throws {
    let cases: [Golden] = try golden("sizing")
    #expect(cases.count > 240)
    for item in cases {
      let from = try shape(item.from)
      let image = try Image(shape: from, pixels: randomBytes(item.key, count: from.byteCount))
      let sizing = Sizing(height: item.to[0], width: item.to[1], fit: item.fit, filter: item.filter)
      let color = from.depth == .sixteen && from.channels < 3 ? .black : Background(red: 10, green: 200, blue: 90)
      let result = try sizing.apply(to: image, over: color)
      if let expected = item.crc32 {
        #expect(crc32(result.pixels) == expected, "\(item)")
      } else {
        let expected = [UInt8](try #require(item.pixels))
        let difference = largestDifference(result.pixels, expected, from.depth)
        #expect(difference <= (item.filter == .nearest ? 0 : 1), "\(item.key): off by \(difference)")
      }
    }
  }

  @Test func whatHasTheSizeStaysAsItIs() throws {
    for seed in 0..<100 {
      let shape = try randomShape(RandomStream(seed: UInt64(seed)), below: 20)
      let image = try Image(shape: shape, pixels: randomBytes(UInt64(seed), count: shape.byteCount))
      for fit in Sizing.Fit.allCases {
        for filter in Sizing.Filter.allCases {
          let sizing = Sizing(height: shape.height, width: shape.width, fit: fit, filter: filter)
          #expect(try sizing.apply(to: image, over: .white) == image, "seed \(seed), \(sizing)")
        }
      }
    }
  }

  @Test func oneColourStaysOneColour() throws {
    for seed in 0..<200 {
      let stream = RandomStream(seed: UInt64(seed))
      let shape = try randomShape(stream, below: 40)
      var pixel = randomBytes(UInt64(seed), count: shape.channels * shape.depth.bytes)
      if shape.channels.isMultiple(of: 2) { for i in 1...shape.depth.bytes { pixel[pixel.count - i] = 255 } }
      let sizing = Sizing(
        height: 1 + stream.integer(below: 40, at: 4), width: 1 + stream.integer(below: 40, at: 5),
        fit: stream.integer(below: 2, at: 6) == 0 ? .stretch : .crop,
        filter: [.nearest, .bilinear, .area][stream.integer(below: 3, at: 7)])
      let image = try Image(
        shape: shape, pixels: Array(repeatElement(pixel, count: shape.height * shape.width).joined()))
      let expected = Array(repeatElement(pixel, count: sizing.height * sizing.width).joined())
      #expect(try sizing.apply(to: image, over: .black).pixels == expected, "seed \(seed), \(shape), \(sizing)")
    }
  }

  /// Padding is even, with what is left over below and to the right, and says nothing about transparency it cannot
  /// have.
  @Test func paddingAndCroppingWithoutScaling() throws {
    let image = try Image(width: 2, height: 1, channels: 1, pixels: [7, 8])
    let padded = try Sizing(height: 2, width: 5, fit: .pad, filter: .none).apply(to: image, over: .white)
    #expect(padded.pixels == [255, 7, 8, 255, 255, 255, 255, 255, 255, 255])
    let transparent = try Image(width: 1, height: 1, channels: 2, pixels: [9, 3])
    let wide = try Sizing(height: 1, width: 3, fit: .pad, filter: .none).apply(to: transparent, over: .white)
    #expect(wide.pixels == [255, 0, 9, 3, 255, 0])
    let row = try Image(width: 5, height: 1, channels: 1, pixels: [1, 2, 3, 4, 5])
    let cropped = try Sizing(height: 1, width: 2, fit: .crop, filter: .none).apply(to: row, over: .black)
    #expect(cropped.pixels == [2, 3])
    let words = try Image(shape: shape([1, 1, 3, 16]), pixels: [1, 2, 3, 4, 5, 6])
    let color = Background(red: 1, green: 2, blue: 3)
    let two = try Sizing(height: 2, width: 1, fit: .pad, filter: .none).apply(to: words, over: color)
    #expect(two.pixels == [1, 2, 3, 4, 5, 6, 1, 1, 2, 2, 3, 3])
  }

  @Test func whatCannotBeDoneIsRefused() throws {
    let shape = try ImageShape(height: 10, width: 12, channels: 3)
    let refused = [
      Sizing(height: 10, width: 11, fit: .stretch, filter: .none),
      Sizing(height: 12, width: 11, fit: .pad, filter: .none),
      Sizing(height: 9, width: 13, fit: .crop, filter: .none), Sizing(height: 0, width: 5),
      Sizing(height: 5, width: -1),
      Sizing(height: 32_769, width: 5), Sizing(height: .max, width: .max, fit: .pad), Sizing(height: .min, width: 1),
    ]
    for sizing in refused {
      let error = try dataError { _ = try sizing.resultShape(of: shape) }
      #expect(error.path == "image" && error.code == .badData && !error.advice.isEmpty, "\(sizing)")
    }
    let thread = try ImageShape(height: 1, width: 10_000, channels: 1)
    _ = try dataError { _ = try Sizing(height: 32_768, width: 2, fit: .crop).resultShape(of: thread) }
    let endless = try ImageShape(height: 1, width: .max / 16, channels: 1)
    _ = try dataError { _ = try Sizing(height: 2, width: 2).resultShape(of: endless) }
    #expect(try Sizing(height: 3, width: 4).resultShape(of: shape) == ImageShape(height: 3, width: 4, channels: 3))
    var short = [UInt8](repeating: 0, count: 5)
    let pixels = [UInt8](repeating: 0, count: shape.byteCount)
    _ = try dataError {
      try pixels.withUnsafeBytes { from in
        try short.withUnsafeMutableBytes { to in
          try Sizing(height: 3, width: 4).apply(from, shape, over: .black, into: to)
        }
      }
    }
  }

  /// A crop of an image that would be huge as a whole takes the memory of the crop.
  @Test func coveringFromAThread() throws {
    let image = try Image(width: 4000, height: 1, channels: 1, pixels: randomBytes(5, count: 4000))
    let sizing = Sizing(height: 3000, width: 3, fit: .crop, filter: .bilinear)
    let result = try sizing.apply(to: image, over: .black)
    let middle = Set(image.pixels[1999...2000])
    #expect(result.pixels.allSatisfy { $0 >= middle.min() ?? 0 && $0 <= middle.max() ?? 255 })
  }
}
