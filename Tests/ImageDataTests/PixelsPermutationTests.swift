import ImageData
import RandomStreams
import Testing

@Suite struct PixelsPermutationTests {
  /// An image whose pixels are their own numbers shows where each comes from; going back there restores any image.
  @Test func theInverseRestoresEveryImage() throws {
    for seed in 0..<100 {
      let stream = RandomStream(seed: UInt64(seed))
      let shape = try randomShape(stream, below: 24)
      let permutation = PixelPermutation(height: shape.height, width: shape.width, stream: stream.stream("order"))
      let numbered = try ImageShape(height: shape.height, width: shape.width, channels: 1, depth: .sixteen)
      let count = shape.height * shape.width
      var numbers = (0..<count).flatMap { withUnsafeBytes(of: UInt16($0), Array.init) }
      try permutation.apply(to: &numbers, shape: numbered)
      let order = samples(numbers, .sixteen)
      #expect(order.sorted() == Array(0..<count), "seed \(seed)")

      let before = randomBytes(UInt64(seed), count: 3 * shape.byteCount)
      var after = before
      try permutation.apply(to: &after, shape: shape)
      let size = shape.channels * shape.depth.bytes
      var restored = [UInt8](repeating: 0, count: after.count)
      for image in 0..<3 {
        for (place, origin) in order.enumerated() {
          for byte in 0..<size {
            restored[(image * count + origin) * size + byte] = after[(image * count + place) * size + byte]
          }
        }
      }
      #expect(restored == before, "seed \(seed)")
    }
  }

  @Test func theSameStreamDrawsTheSameOrder() throws {
    let stream = RandomStream(seed: 4).stream("task").stream(2)
    let permutation = PixelPermutation(height: 9, width: 7, stream: stream)
    #expect(permutation == PixelPermutation(height: 9, width: 7, stream: stream))
    #expect(permutation != PixelPermutation(height: 9, width: 7, stream: stream.stream(1)))
  }

  @Test func otherSizesAreRefused() throws {
    let permutation = PixelPermutation(height: 3, width: 2, stream: RandomStream(seed: 1))
    _ = try dataError {
      var pixels = [UInt8](repeating: 0, count: 6)
      try permutation.apply(to: &pixels, shape: ImageShape(height: 2, width: 3, channels: 1))
    }
    _ = try dataError {
      var pixels = [UInt8](repeating: 0, count: 7)
      try permutation.apply(to: &pixels, shape: ImageShape(height: 3, width: 2, channels: 1))
    }
  }
}
