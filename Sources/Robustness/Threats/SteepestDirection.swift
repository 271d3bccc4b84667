import Results
import TorchCore

/// The direction along which a linear function with this gradient grows fastest, of length 1 in the norm: sign(g) for
/// L∞ and g/‖g‖₂ for L2; 0 where g is 0.
///
/// In L1 the fastest direction is one pixel; as in SLIDE (Tramèr and Boneh 2019) the signs of the largest hundredth of
/// |g| are taken in its place, of pixels that can still move that way.
///
/// - Parameters:
///   - gradient: N×C×H×W, finite.
///   - largest: the largest absolute value of each sample's gradient, N×1×1×1.
///   - points: where the step begins, in [0, 1].
func steepestDirection(
  of gradient: Tensor, largest: @autoclosure () throws -> Tensor, _ norm: PerturbationNorm, at points: Tensor
) throws -> Tensor {
  switch norm {
  case .linf: return try gradient.sign()
  case .l2:
    // Scaled by the largest value first: the squares of a tiny gradient would underflow.
    let scale = try largest()
    let isPositive = try scale.greater(0)
    let unit = try gradient / isPositive.select(scale, scale.zerosLike() + 1)
    let length = try unit.norm(2, [1, 2, 3], keepingDimensions: true)
    return try unit / isPositive.select(length, length.zerosLike() + 1)
  case .l1:
    let movable = try movablePart(of: gradient, at: points)
    let magnitude = try movable.abs().flattened()
    let count = max(1, magnitude.size(1) / 100)
    let smallest = try magnitude.top(count, 1).values.narrowed(1, from: count - 1, count: 1).perImage()
    let chosen = try movable.abs().greaterOrEqual(smallest).select(movable.sign(), movable.zerosLike())
    let length = try chosen.norm(1, [1, 2, 3], keepingDimensions: true)
    return try chosen / length.clamped(1, .infinity)
  }
}

/// The same, of a gradient whose largest values nobody has looked for yet.
func steepestDirection(of gradient: Tensor, _ norm: PerturbationNorm, at points: Tensor) throws -> Tensor {
  try steepestDirection(
    of: gradient, largest: gradient.abs().max([1, 2, 3], keepingDimensions: true), norm, at: points)
}

/// The gradient where a pixel has room in its direction, 0 elsewhere.
func movablePart(of gradient: Tensor, at points: Tensor) throws -> Tensor {
  let isBlocked = try gradient.greater(0).and(points.greaterOrEqual(1)).or(
    gradient.less(0).and(points.lessOrEqual(0)))
  return try isBlocked.select(gradient.zerosLike(), gradient)
}
