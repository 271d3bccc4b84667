import Lipschitz
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
