import ImageData
import RandomStreams
import Testing

@Suite struct ChannelMomentsTests {
  /// Against the definition, over random sets of both depths, some of more than one block.
  @Test func areThoseOfTheDefinition() throws {
    for seed in 0..<20 {
      let stream = RandomStream(seed: UInt64(seed))
      let depth: SampleDepth = seed.isMultiple(of: 2) ? .eight : .sixteen
      let large = seed == 0
      let shape = try ImageShape(
        height: large ? 1024 : 1 + stream.integer(below: 9, at: 0),
        width: large ? 2048 : 1 + stream.integer(below: 9, at: 1),
        channels: large ? 2 : 1 + stream.integer(below: 4, at: 2), depth: depth)
      let count = large ? 5 : 1 + stream.integer(below: 30, at: 3)
      var bits = stream.stream("samples").generator
      var bytes: [UInt8] = []
      bytes.reserveCapacity(count * shape.byteCount + 8)
      while bytes.count < count * shape.byteCount { withUnsafeBytes(of: bits.next()) { bytes.append(contentsOf: $0) } }
      bytes.removeLast(bytes.count - count * shape.byteCount)
      let images = try ImageSet(
        shape: shape, pixels: bytes, labels: Array(repeating: 0, count: count), classes: ["a"],
        paths: Array(repeating: "", count: count))
      let moments = try ChannelMoments(of: TaskImages(images))
      let values = depth.fractions(bytes)
      for channel in 0..<shape.channels {
        let own = stride(from: channel, to: values.count, by: shape.channels).map { Double(values[$0]) }
        let mean = own.reduce(0, +) / Double(own.count)
        let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(own.count)
        #expect(abs(moments.mean[channel] - mean) < 1e-7, "seed \(seed)")
        #expect(abs(moments.standardDeviation[channel] - variance.squareRoot()) < 1e-7, "seed \(seed)")
      }
    }
  }
}
