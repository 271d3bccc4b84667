import CPixels
import RandomStreams
import Testing

@Suite struct PixelsMomentsTests {
  /// Sums and squares of each channel, of samples at even and odd addresses.
  @Test func buffersNeedNotBeAligned() {
    for seed in 0..<60 {
      let stream = RandomStream(seed: UInt64(seed)).stream("moments")
      let channels = 1 + stream.integer(below: 4, at: 0), pixelCount = 1 + stream.integer(below: 30, at: 1)
      let words = (0..<channels * pixelCount).map { UInt16(truncatingIfNeeded: stream.bits(at: UInt64(2 + $0))) }
      let expected = (0..<channels).map { channel in
        stride(from: channel, to: words.count, by: channels).reduce(into: (sum: UInt64(0), square: UInt64(0))) {
          $0.sum += UInt64(words[$1])
          $0.square += UInt64(words[$1]) * UInt64(words[$1])
        }
      }
      for offset in 0...1 {
        let bytes = [UInt8](repeating: 0, count: offset) + words.flatMap { withUnsafeBytes(of: $0, Array.init) }
        var sums = [UInt64](repeating: 0, count: channels), squares = sums
        bytes.withUnsafeBytes {
          cpixels_add_moments($0.baseAddress?.advanced(by: offset), 2, pixelCount, channels, &sums, &squares)
        }
        #expect(sums == expected.map(\.sum) && squares == expected.map(\.square), "seed \(seed), offset \(offset)")
      }
    }
  }
}
