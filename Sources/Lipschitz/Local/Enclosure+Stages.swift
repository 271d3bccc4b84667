import OperatorNorms
import ResidualNets
import TorchCore

extension Enclosure {
  /// Past W x + b; `size` is |W||x| + |b| over the box. Middle and half-widths go separately: W m + b and |W| r. A
  /// unit of the ball's image is at most ‖w_i‖₂ · reach from its centre's.
  func past(_ map: AffineMap, size: Tensor, lipschitz: Double?, _ rounding: LocalRounding) throws -> Enclosure {
    guard !map.isExact else {
      return try Enclosure(lower: map.apply(lower), upper: map.apply(upper), center: map.apply(center), reach: reach)
    }
    let outward = 1 + LocalRounding.own(map.inner)
    let error = try size * rounding.layer(inner: map.inner, own: map.inner)
    let (middle, radius) = try self.middle
    let (boxCenter, ballCenter) = (try map.apply(middle), try map.apply(center))
    let boxRadius = try (map.absolute(radius) + error) * outward
    let ballRadius = try (map.rowNorms * Self.perSample(reach, like: error) + error) * outward
    return try Enclosure(
      lower: (boxCenter - boxRadius).maximum(ballCenter - ballRadius),
      upper: (boxCenter + boxRadius).minimum(ballCenter + ballRadius), center: ballCenter,
      reach: lipschitz.map { try (reach * $0 + Self.norms(error)) * ForwardError.slack })
  }

  /// Past max(x, 0), which is exact and brings nothing farther apart.
  func pastReLU() throws -> Enclosure {
    try Enclosure(lower: lower.relu(), upper: upper.relu(), center: center.relu(), reach: reach)
  }

  /// Past max(a, b) and min(a, b) of each pair, which is exact, rises with both and brings nothing farther apart.
  func pastMaxMin(_ stage: Stage) throws -> Enclosure {
    try Enclosure(lower: stage.apply(lower), upper: stage.apply(upper), center: stage.apply(center), reach: reach)
  }

  /// Past the largest value of each window, which is exact and rises with each of them.
  func pastMaxPool(_ stage: Stage, lipschitz: Double?) throws -> Enclosure {
    try Enclosure(
      lower: stage.apply(lower), upper: stage.apply(upper), center: stage.apply(center),
      reach: lipschitz.map { try reach * $0 * ForwardError.slack })
  }

  /// Past x·Φ(x), which falls up to x₀ = −0.75179… and rises from there, so that it is largest at an end of the
  /// interval and least at an end or at x₀, where it is −0.16997….
  func pastGELU(_ stage: Stage, lipschitz: Double?) throws -> Enclosure {
    // As for the forward error: each of five steps errs by a few units of |x|, erf among them.
    let error = try (size + LocalRounding.underflow) * LocalRounding.own(32)
    let (first, last) = (try stage.apply(lower), try stage.apply(upper))
    let turns = try lower.lessOrEqual(-0.7517).and(upper.greaterOrEqual(-0.7518))
    let least = try turns.select(lower.zerosLike() + GELURange.least, first.minimum(last))
    return try Enclosure(
      lower: least - error, upper: first.maximum(last) + error, center: stage.apply(center),
      reach: lipschitz.map { try (reach * $0 + Self.norms(error)) * ForwardError.slack })
  }

  /// shortcut + scale · branch; `size` is |shortcut| + |scale||branch| over the boxes.
  static func sum(
    _ shortcut: Enclosure, _ branch: Enclosure, scale: Double, size: Tensor, _ rounding: LocalRounding
  ) throws -> Enclosure {
    let error = try size * rounding.layer(inner: 3, own: 3)
    let (low, high) = scale >= 0 ? (branch.lower, branch.upper) : (branch.upper, branch.lower)
    return try Enclosure(
      lower: shortcut.lower + low * scale - error, upper: shortcut.upper + high * scale + error,
      center: shortcut.center + branch.center * scale,
      reach: (shortcut.reach + branch.reach * abs(scale) + norms(error)) * ForwardError.slack)
  }

  private static func norms(_ batch: Tensor) throws -> Tensor { try batch.flattened().norm(2, [1]) }
}

/// x·Φ(x) lies between max(x, 0) + `least` and max(x, 0): their difference is −|x|Φ(−|x|), least at ±0.75179….
enum GELURange {
  /// Below −0.169971….
  static let least = -0.17
}
