import Lipschitz
import RandomStreams
import TorchCore

/// The total variation of a residual function x + F on [0, 1] between the two bounds that that of F sets.
struct VariationBracket {
  /// TV(F).
  let branch: Double
  /// TV(x + F).
  let residual: Double

  /// |1 − TV(F)|.
  var lower: Double { abs(1 - branch) }
  /// 1 + TV(F).
  var upper: Double { 1 + branch }
  /// How far TV(x + F) lies outside, in units of the upper bound; at most 0 inside.
  var excess: Double { max(lower - residual, residual - upper) / upper }
  /// 0 at the lower bound, 1 at the upper one; NaN where they coincide.
  var position: Double { (residual - lower) / (upper - lower) }
  /// Rounding: each of some hundreds of differences is exact to a unit in the last place of its values.
  var isBroken: Bool { !(excess <= 1e-12) }

  /// - Parameters:
  ///   - branch: F at ascending points from 0 to 1; K×n, float64.
  ///   - residual: what is held to be x + F at the same points.
  static func each(branch: Tensor, residual: Tensor) throws -> [VariationBracket] {
    try zip(totalVariation(branch), totalVariation(residual)).map(VariationBracket.init)
  }
}

/// n points from 0 to 1; 1×n, float64.
func unitInterval(_ n: Int) throws -> Tensor {
  try Tensor.arange(n, dtype: .float64).reshaped([1, n]) / Double(n - 1)
}

/// Random functions on ``unitInterval(_:)``; K×n, float64.
enum RandomFunctions {
  /// White noise, steps, random walks and smooth curves, as many of each, every one at its own size between 10⁻³ and 10³.
  static func mixed(_ count: Int, points n: Int, _ stream: RandomStream) throws -> Tensor {
    let each = count / 4
    func noise(_ name: String, _ columns: Int) throws -> Tensor {
      try Tensor.normal([each, columns], stream.stream(name), dtype: .float64)
    }
    let held = (n + 31) / 32
    let steps = try noise("steps", held).reshaped([each, held, 1]).expanded([each, held, 32]).reshaped([
      each, held * 32,
    ])
    .narrowed(1, from: 0, count: n)
    let all = try Tensor.concatenated([
      noise("noise", n), steps, noise("walk", n).cumulativeSum(1),
      noise("smooth", n).cumulativeSum(1).cumulativeSum(1),
    ])
    let size = try ((Tensor.uniform([4 * each, 1], stream.stream("size"), dtype: .float64) * 2 - 1) * log1000).exp()
    return try all / all.abs().max([1], keepingDimensions: true) * size
  }

  /// Rising by random steps.
  static func rising(_ count: Int, points n: Int, _ stream: RandomStream) throws -> Tensor {
    try Tensor.normal([count, n], stream, dtype: .float64).abs().cumulativeSum(1)
  }

  /// Falling by random steps, nowhere faster than x rises.
  static func falling(_ count: Int, points n: Int, _ stream: RandomStream) throws -> Tensor {
    try Tensor.uniform([count, n], stream, dtype: .float64).cumulativeSum(1) * (-1 / Double(n - 1))
  }

  private static let log1000 = 6.907755278982137
}
