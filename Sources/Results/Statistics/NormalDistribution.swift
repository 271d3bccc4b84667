import Foundation

/// The standard normal distribution, with values that err to a known side.
public enum NormalDistribution {
  /// More than the relative error of a tail as computed here. The C library's `erfc` is within a few units in the last
  /// place, and the roundings of its argument z/√2 are magnified by at most z² < 1600: below 10⁻¹² together.
  static let inflation = 0x1p-30

  /// P(Z > z) to a relative error far below ``inflation``, for z up to 37.
  static func upperTail(_ z: Double) -> Double { erfc(z / 2.0.squareRoot()) / 2 }

  /// Φ⁻¹(p), never above it: the largest double z that is provably no greater, with the tail taken to be wrong by
  /// 2⁻³⁰ of itself. It falls short by less than 2·10⁻⁹ for p in [½, 1).
  ///
  /// 1 gives infinity; −infinity is the answer below 2⁻¹⁰⁰⁰, where tails lose their precision, and for NaN.
  public static func quantileRoundedDown(_ p: Double) -> Double {
    guard p >= 0x1p-1000 else { return -.infinity }
    guard p < 1 else { return .infinity }
    // 1 − p is exact from ½ on. Each form asks for the tail that is the smaller one.
    func isBelow(_ z: Double) -> Bool {
      p >= 0.5 ? upperTail(z) * (1 - inflation) >= 1 - p : upperTail(-z) * (1 + inflation) <= p
    }
    var (low, high) = (-40.0, 40.0)
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { return low }
      if isBelow(middle) { low = middle } else { high = middle }
    }
  }
}
