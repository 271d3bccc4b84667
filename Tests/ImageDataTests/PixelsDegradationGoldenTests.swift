import Foundation
import ImageData
import RandomStreams
import Testing

/// Degradations against a second implementation of the same formulas on numpy, scipy, scikit-image and PIL, with the
/// same draws. Frost is defined by this project alone.
@Suite struct PixelsDegradationGoldenTests {
  struct Golden: Decodable {
    let key: UInt64
    let shape: [Int]
    let name: String
    let pixels: Data
  }

  @Test func resultsAreThoseOfTheFormulas() throws {
    let cases: [Golden] = try golden("degradations")
    #expect(Set(cases.map(\.name)).count == 2 * (Degradation.Kind.allCases.count - 1))
    for item in cases {
      let shape = try shape(item.shape)
      var pixels = try Photographs.image(shape)
      let degradation = try Degradation(item.name)
      try degradation.apply(to: &pixels, shape: shape) { _ in RandomStream(seed: item.key) }
      let difference = largestDifference(pixels, [UInt8](item.pixels), .eight)
      #expect(difference <= tolerance(degradation.kind), "\(item.name): off by \(difference)")
    }
  }

  /// In levels of 255. PIL makes pixels coarse in 8 bits, not 16, and has a cosine transform in whole numbers, so that
  /// coefficients near the middle between two steps may go either way.
  private func tolerance(_ kind: Degradation.Kind) -> Int {
    switch kind {
    case .pixelate: 1
    case .jpegCompression: 2
    default: 0
    }
  }
}
