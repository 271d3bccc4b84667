import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct PixelsMixingTests {
  struct Golden: Decodable {
    let alpha: Double
    let quantiles: [Double]
  }

  private func weights(_ alpha: Double, count: Int, seed: UInt64) throws -> [Double] {
    let root = RandomStream(seed: seed)
    return try (0..<count).map {
      try #require(Augmentation(mixup: alpha).mixing(batch: 1, stream: root.stream($0))).weight
    }
  }

  /// The largest distance of the distribution function from that of Beta(α, α), at the quantiles 5 %, 10 %, …, 95 % of
  /// scipy, is below 2 / √n in all but a few of a thousand samples (Kolmogorov); variance within five standard errors.
  @Test func weightsAreBetaDeviates() throws {
    let cases: [Golden] = try golden("betas")
    #expect(cases.count == 6)
    for item in cases {
      let seed: UInt64 = 2018
      let drawn = try weights(item.alpha, count: 4000, seed: seed)
      // A Double holds numbers near 0 more finely than near 1.
      for (i, quantile) in item.quantiles.enumerated() where quantile < 1 - 1e-12 {
        let share = Double(drawn.count { $0 <= quantile }) / Double(drawn.count)
        let expected = 0.05 * Double(i + 1)
        #expect(abs(share - expected) < 2 / Double(drawn.count).squareRoot(), "seed \(seed), α \(item.alpha)")
      }
      let second = drawn.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) } / Double(drawn.count)
      let variance = 1 / (4 * (2 * item.alpha + 1))
      #expect(abs(second / variance - 1) < 5 * (2 / Double(drawn.count)).squareRoot(), "seed \(seed), α \(item.alpha)")
    }
  }

  /// For tiny α the weight is 0 or 1, either as likely.
  @Test(arguments: [1e-3, 1e-12, 1e-300, Double.leastNonzeroMagnitude])
  func tinyAlphasDoNotMix(_ alpha: Double) throws {
    let drawn = try weights(alpha, count: 1000, seed: 7)
    #expect(drawn.allSatisfy { (0...1).contains($0) })
    #expect(drawn.count { min($0, 1 - $0) > 0.01 } < 40)
    #expect(abs(drawn.count { $0 > 0.5 } - 500) < 80)
  }

  @Test func partnersAreAnOrderOfTheBatch() throws {
    for size in 1...40 {
      let stream = RandomStream(seed: UInt64(size))
      let mixing = try #require(Augmentation(mixup: 0.2).mixing(batch: size, stream: stream))
      #expect(mixing.partners.sorted() == Array(0..<size))
      #expect(mixing == Augmentation(mixup: 0.2).mixing(batch: size, stream: stream))
    }
    #expect(Augmentation().mixing(batch: 8, stream: RandomStream(seed: 1)) == nil)
    #expect(Augmentation(mixup: 1).mixing(batch: 0, stream: RandomStream(seed: 1)) == nil)
    #expect(Augmentation(mixup: .nan).mixing(batch: 8, stream: RandomStream(seed: 1)) == nil)
  }
}
