import CPixels
import Foundation
import ImageData
import RandomStreams
import Testing

/// Noise against the moments of its distribution, over some 60,000 samples: five standard errors.
@Suite struct PixelsNoiseTests {
  private let seed: UInt64 = 20_190_101
  private let count = 64 * 31 * 31

  /// 16-bit samples of `count` pixels of one level, degraded, in 0...1.
  private func noise(_ name: String, on level: UInt16) throws -> [Double] {
    let shape = try ImageShape(height: 31, width: 31, channels: 1, depth: .sixteen)
    var pixels = Array(repeatElement(withUnsafeBytes(of: level, Array.init), count: count).joined())
    let root = RandomStream(seed: seed).stream(name)
    try Degradation(name).apply(to: &pixels, shape: shape) { root.stream($0) }
    return samples(pixels, .sixteen).map { Double($0) / 65535 }
  }

  private func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
  }

  @Test(arguments: zip(1...5, [0.04, 0.06, 0.08, 0.09, 0.10]))
  func gaussianNoiseIsNormal(_ severity: Int, _ deviation: Double) throws {
    let values = try noise("gaussian-noise/\(severity)", on: 32768)
    let (mean, variance) = moments(values)
    let root = Double(count).squareRoot()
    #expect(abs(mean - 32768.0 / 65535) < 5 * deviation / root, "seed \(seed)")
    #expect(abs(variance / (deviation * deviation) - 1) < 5 * 2.0.squareRoot() / root, "seed \(seed)")
    let within = Double(values.count { abs($0 - 0.5) < deviation }) / Double(count)
    #expect(abs(within - 0.6827) < 5 * 0.4654 / root, "seed \(seed)")
  }

  /// Mean λ and variance λ of the counts, at a level that no count exceeds.
  @Test(arguments: zip(1...5, [500.0, 250, 100, 75, 50]))
  func shotNoiseIsPoisson(_ severity: Int, _ photons: Double) throws {
    let level = 13107.0 / 65535
    let (mean, variance) = moments(try noise("shot-noise/\(severity)", on: 13107))
    let expected = level / photons
    #expect(abs(mean - level) < 5 * (expected / Double(count)).squareRoot(), "seed \(seed)")
    // The fourth central moment of a Poisson variable is λ + 3 λ².
    let spread = ((2 + 1 / (level * photons)) / Double(count)).squareRoot()
    #expect(abs(variance / expected - 1) < 5 * spread, "seed \(seed)")
  }

  @Test(arguments: zip(1...5, [0.01, 0.02, 0.03, 0.05, 0.07]))
  func impulseNoiseIsSaltAndPepper(_ severity: Int, _ share: Double) throws {
    let values = try noise("impulse-noise/\(severity)", on: 30000)
    for extreme in [0.0, 1] {
      let found = Double(values.count { $0 == extreme }) / Double(count)
      #expect(abs(found - share / 2) < 5 * (share / 2 / Double(count)).squareRoot(), "seed \(seed)")
    }
    #expect(values.allSatisfy { $0 == 0 || $0 == 1 || $0 == 30000.0 / 65535 })
  }

  /// The loops in C read the same streams.
  @Test func bitsInCAreThoseOfTheStream() {
    let seeds = RandomStream(seed: seed)
    for i in 0..<2000 {
      let stream = seeds.stream(i)
      let counter = i % 3 == 0 ? UInt64(i) : seeds.bits(at: UInt64(i))
      #expect(cpixels_bits(stream.key, counter) == stream.bits(at: counter), "seed \(seed), \(i)")
    }
  }

  @Test func floatsAreSamplesOverTheirMaximum() {
    let words = (0...65535).map { UInt16($0) }
    var floats = [Float](repeating: -1, count: words.count)
    cpixels_to_floats(words, 2, words.count, &floats)
    #expect(floats == words.map { Float($0) / 65535 })
    let bytes = (0...255).map { UInt8($0) }
    floats = [Float](repeating: -1, count: bytes.count)
    cpixels_to_floats(bytes, 1, bytes.count, &floats)
    #expect(floats == bytes.map { Float($0) / 255 })
  }
}
