import TorchCore

/// η: the shape that Square adds in L2, two bumps of opposite sign that fall off in squares around their middles, side
/// by side in one square window; of length 1 (Andriushchenko et al. 2020, equation 2).
struct SquareBump {
  let side: Int

  /// side×side, fp64: the positive bump above the negative one.
  func values() throws -> Tensor {
    let upper = side / 2
    let halves = try upper == 0 ? [half(rows: side)] : [half(rows: upper), half(rows: side - upper).negated()]
    let both = try Tensor.concatenated(halves, 0)
    return try both / both.norm(2)
  }

  /// One bump of length 1: Σ 1/(k + 1)² over the squares of radius k about the middle that contain a pixel.
  private func half(rows: Int) throws -> Tensor {
    let middle = (row: rows / 2, column: side / 2)
    let radii = max(middle.row, middle.column) + 1
    // From the outermost square inward.
    var sums = [0.0]
    for radius in stride(from: radii, to: 0, by: -1) { sums.append((sums.last ?? 0) + 1 / Double(radius * radius)) }
    let profile = try Tensor(Array(sums.reversed()), [radii + 1])
    let vertical = try (Tensor.arange(rows, dtype: .float64) - Double(middle.row)).abs().reshaped([rows, 1])
    let horizontal = try (Tensor.arange(side, dtype: .float64) - Double(middle.column)).abs().reshaped([1, side])
    let radius = try vertical.maximum(horizontal).to(.int64)
    let bump = try profile.selecting(0, radius.reshaped([-1])).reshaped([rows, side])
    return try bump / bump.norm(2)
  }

  /// Which value of the bump belongs to a pixel, counted row by row; side² outside the window.
  ///
  /// - Parameters:
  ///   - below, right: how far each pixel lies from the window's corner, broadcasting to N×1×H×W, fp64.
  func places(_ below: Tensor, _ right: Tensor, isInside: Tensor) throws -> Tensor {
    let outside = try Tensor.full(Double(side * side), [1, 1, 1, 1], dtype: .float64, device: below.device)
    return try isInside.select(below * Double(side) + right, outside)
  }

  /// The values at such places, fp32 N×1×H×W.
  /// - Parameter turned: 1 where the bump lies on its side and else 0, fp64, broadcasting to the places.
  func looked(up places: Tensor, turned: Tensor) throws -> Tensor {
    let upright = try values()
    let none = try Tensor.zeros([1], dtype: .float64)
    let table = try Tensor.concatenated([
      upright.reshaped([-1]), none, upright.transposed().contiguous().reshaped([-1]), none,
    ]).to(.float32).to(places.device)
    let index = try places + turned * Double(side * side + 1)
    return try table.selecting(0, index.to(.int64).reshaped([-1])).reshaped(index.shape)
  }
}
