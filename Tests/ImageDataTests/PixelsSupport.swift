import Foundation
import ImageData
import RandomStreams
import Testing

/// The low bytes of the stream whose key is `key`, as the oracle draws them.
func randomBytes(_ key: UInt64, count: Int) -> [UInt8] {
  let stream = RandomStream(seed: key)
  return (0..<count).map { UInt8(truncatingIfNeeded: stream.bits(at: UInt64($0))) }
}

/// Height, width, channels, bits.
func shape(_ sizes: [Int]) throws -> ImageShape {
  try ImageShape(
    height: sizes[0], width: sizes[1], channels: sizes[2], depth: #require(SampleDepth(rawValue: sizes[3])))
}

func randomShape(_ stream: RandomStream, below side: Int) throws -> ImageShape {
  try ImageShape(
    height: 1 + stream.integer(below: side, at: 0), width: 1 + stream.integer(below: side, at: 1),
    channels: 1 + stream.integer(below: 4, at: 2), depth: stream.integer(below: 2, at: 3) == 0 ? .eight : .sixteen)
}

/// The samples of a buffer.
func samples(_ bytes: [UInt8], _ depth: SampleDepth) -> [Int] {
  switch depth {
  case .eight: bytes.map { Int($0) }
  case .sixteen: bytes.withUnsafeBytes { $0.bindMemory(to: UInt16.self).map { Int($0) } }
  }
}

/// The largest difference between two buffers of samples.
func largestDifference(_ a: [UInt8], _ b: [UInt8], _ depth: SampleDepth) -> Int {
  guard a.count == b.count else { return .max }
  return zip(samples(a, depth), samples(b, depth)).map { abs($0 - $1) }.max() ?? 0
}

func golden<Cases: Decodable>(_ name: String, as type: Cases.Type = Cases.self) throws -> Cases {
  try JSONDecoder().decode(type, from: Data(contentsOf: fixture("pixels-\(name).json")))
}

/// Images of the data set that ships with the project.
enum Photographs {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Datasets/fashion-mini/test")

  /// Some of one class, each brought to a size.
  static func gray(_ name: String, count: Int, height: Int = 28, width: Int = 28) throws -> [UInt8] {
    try (1...count).flatMap { number in
      let file = root.appendingPathComponent(name + "/" + String(format: "%05d.png", number))
      return try Sizing(height: height, width: width).apply(to: PNG.decode(contentsOf: file), over: .black).pixels
    }
  }

  /// One image of three classes as the colours of one, or the first of them alone.
  static func image(_ shape: ImageShape) throws -> [UInt8] {
    let planes = try ["9-ankle-boot", "3-dress", "8-bag"].prefix(shape.channels).map {
      try gray($0, count: 1, height: shape.height, width: shape.width)
    }
    return (0..<shape.height * shape.width).flatMap { pixel in planes.map { $0[pixel] } }
  }
}

/// The mean square of the differences of two buffers of bytes.
func meanSquaredError(_ a: [UInt8], _ b: [UInt8]) -> Double {
  var sum = 0
  for (x, y) in zip(a, b) { sum += (Int(x) - Int(y)) * (Int(x) - Int(y)) }
  return Double(sum) / Double(max(a.count, 1))
}
