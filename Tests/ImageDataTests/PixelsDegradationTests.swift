import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct PixelsDegradationTests {
  private func degrade(_ kind: Degradation.Kind, _ severity: Int, _ pixels: [UInt8], _ shape: ImageShape, seed: Int)
    throws -> [UInt8]
  {
    var result = pixels
    let root = RandomStream(seed: UInt64(seed))
    try Degradation(kind, severity: severity).apply(to: &result, shape: shape) { root.stream($0) }
    return result
  }

  @Test(arguments: Degradation.Kind.allCases, [28, 80])
  func errorGrowsWithSeverity(_ kind: Degradation.Kind, _ side: Int) throws {
    let shape = try ImageShape(height: side, width: side, channels: 1)
    let count = side > 64 ? 1 : 3
    let clean = try ["1-trouser", "4-coat", "5-sandal", "7-sneaker", "8-bag", "9-ankle-boot"].flatMap {
      try Photographs.gray($0, count: count, height: side, width: side)
    }
    var last = 0.0
    for severity in Degradation.severities {
      let degraded = try degrade(kind, severity, clean, shape, seed: 1)
      let error = meanSquaredError(clean, degraded)
      #expect(error > last, "\(kind)/\(severity): \(error) after \(last)")
      last = error
    }
  }

  /// What happens to an image does not depend on its neighbours, and is the same every time.
  @Test func anImageInABatchIsDegradedAsAlone() throws {
    for kind in Degradation.Kind.allCases {
      for seed in 0..<12 {
        let stream = RandomStream(seed: UInt64(seed))
        let shape = try randomShape(stream, below: seed < 10 ? 20 : 90)
        let pixels = randomBytes(UInt64(seed), count: 3 * shape.byteCount)
        let severity = 1 + seed % 5
        let batch = try degrade(kind, severity, pixels, shape, seed: seed)
        #expect(try degrade(kind, severity, pixels, shape, seed: seed) == batch)
        let middle = shape.byteCount..<2 * shape.byteCount
        var alone = Array(pixels[middle])
        try Degradation(kind, severity: severity).apply(to: &alone, shape: shape) { _ in stream.stream(1) }
        #expect(alone == Array(batch[middle]), "\(kind), seed \(seed), \(shape)")
      }
    }
  }

  /// Alpha stays, colours become what they become without it, and 16 bits what 8 bits become.
  @Test func alphaAndDepthDoNotMatter() throws {
    for kind in Degradation.Kind.allCases {
      for channels in [1, 3] {
        let shape = try ImageShape(height: 19, width: 23, channels: channels)
        let colors = try Photographs.image(shape)
        let degraded = try degrade(kind, 4, colors, shape, seed: 3)

        let withAlpha = try ImageShape(height: 19, width: 23, channels: channels + 1)
        let alpha = randomBytes(9, count: 19 * 23)
        func joined(_ colors: [UInt8]) -> [UInt8] {
          alpha.indices.flatMap { colors[$0 * channels..<($0 + 1) * channels] + [alpha[$0]] }
        }
        #expect(try degrade(kind, 4, joined(colors), withAlpha, seed: 3) == joined(degraded), "\(kind)")

        let deep = try ImageShape(height: 19, width: 23, channels: channels, depth: .sixteen)
        // A byte twice is 257 times the byte.
        let words = try degrade(kind, 4, colors.flatMap { [$0, $0] }, deep, seed: 3)
        let difference = zip(samples(words, .sixteen), degraded).map { abs($0 - 257 * Int($1)) }.max() ?? 0
        #expect(difference <= 257, "\(kind): off by \(difference) of 65535")
      }
    }
  }

  @Test func everyKindTakesTheSmallestImages() throws {
    for kind in Degradation.Kind.allCases {
      for (height, width) in [(1, 1), (1, 70), (2, 1), (3, 2), (70, 2), (5, 4)] {
        for channels in 1...4 {
          let shape = try ImageShape(height: height, width: width, channels: channels)
          let pixels = randomBytes(4, count: shape.byteCount)
          for severity in [1, 5] { _ = try degrade(kind, severity, pixels, shape, seed: 2) }
        }
      }
    }
    var none: [UInt8] = []
    let shape = try ImageShape(height: 2, width: 2, channels: 1)
    try Degradation(.snow, severity: 1).apply(to: &none, shape: shape) { _ in RandomStream(seed: 1) }
    #expect(none.isEmpty)
  }

  @Test func namesReadBack() throws {
    for kind in Degradation.Kind.allCases {
      for severity in Degradation.severities {
        let degradation = try Degradation(kind, severity: severity)
        #expect(try Degradation(degradation.description) == degradation)
        let json = try JSONEncoder().encode([degradation])
        #expect(try JSONDecoder().decode([Degradation].self, from: json) == [degradation])
      }
    }
    #expect(try Degradation("gaussian-noise/3").description == "gaussian-noise/3")
    for name in [
      "", "fog", "fog/", "fog/0", "fog/6", "fog/x", "mist/2", "fog/1/2", "Fog/1", "fog/99999999999999999999",
    ] {
      let error = try dataError { _ = try Degradation(name) }
      #expect(error.path == "degradation" && !error.advice.isEmpty, "\(name)")
    }
    let shape = try ImageShape(height: 2, width: 2, channels: 1)
    _ = try dataError { _ = try degrade(.fog, 1, [1, 2, 3], shape, seed: 0) }
  }
}
