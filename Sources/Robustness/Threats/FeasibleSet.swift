import Foundation
import RandomStreams
import Results
import TorchCore

/// Around every sample of a batch: the points in the ball and in the box [0, 1] at once.
///
/// What ``project(_:)`` returns is inside both as fp32 holds it, by construction: the difference to the clean pixels,
/// evaluated in fp64, has a norm of at most the radius. L∞ bounds are rounded inward to fp32; L2 and L1 aim at a radius
/// that is smaller by the most that rounding the result to fp32 can add, √d·2⁻²⁵ and d·2⁻²⁵ (1.7e-6 and 9.2e-5 for
/// 3×32×32).
struct FeasibleSet {
  let norm: PerturbationNorm
  /// N×C×H×W, fp32, in the box.
  let clean: Tensor
  /// N×1×1×1, fp64: no larger than the box's own diameter, beyond which the ball means nothing.
  private let radii: Tensor
  /// L∞ only: the smallest and the largest permitted pixel.
  private let bounds: (low: Tensor, high: Tensor)?

  /// The same ball around every image.
  init(_ ball: PerturbationBall, around clean: Tensor) throws {
    try self.init(ball.norm, around: clean, radii: Array(repeating: ball.radius, count: clean.size(0)))
  }

  /// - Parameter radii: one a sample, ≥ 0.
  init(_ norm: PerturbationNorm, around clean: Tensor, radii: [Double]) throws {
    let diameter = FeasibleSet.boxDiameter(norm, dimensions: clean.shape.dropFirst().reduce(1, *))
    let column = try perImage(radii.map { min($0, diameter) }, on: clean.device)
    let bounds: (Tensor, Tensor)? =
      norm == .linf ? try FeasibleSet.inwardBounds(around: clean, radii: column) : nil
    self.init(norm: norm, clean: clean, radii: column, bounds: bounds)
  }

  private init(norm: PerturbationNorm, clean: Tensor, radii: Tensor, bounds: (low: Tensor, high: Tensor)?) {
    self.norm = norm
    self.clean = clean
    self.radii = radii
    self.bounds = bounds
  }

  /// The norm of the all-ones vector: no two points of the box are farther apart.
  static func boxDiameter(_ norm: PerturbationNorm, dimensions: Int) -> Double {
    switch norm {
    case .linf: 1
    case .l2: Double(dimensions).squareRoot()
    case .l1: Double(dimensions)
    }
  }

  /// The radii as fp32, N×1×1×1, for steps (not for bounds).
  func stepRadii() throws -> Tensor { try radii.to(.float32) }

  /// The same for the samples that `rows` (int64) names.
  func selecting(_ rows: Tensor) throws -> FeasibleSet {
    try FeasibleSet(
      norm: norm, clean: clean.selectingImages(rows), radii: radii.selecting(0, rows),
      bounds: bounds.map { try ($0.low.selectingImages(rows), $0.high.selectingImages(rows)) })
  }

  /// A point of the set for every sample: for L∞ and L1 the nearest one. For L2 the perturbation is scaled to the ball
  /// and the sum then clipped to the box, which only brings it closer to the clean image: inside both, though not the
  /// nearest. A point that is inside already stays as it is.
  func project(_ points: Tensor) throws -> Tensor {
    if let bounds { return try points.clamped(bounds.low, bounds.high) }
    let origin = try clean.to(.float64)
    let shift = try points.to(.float64) - origin
    let length = try shift.norm(norm == .l2 ? 2 : 1, [1, 2, 3], keepingDimensions: true)
    let moved =
      try norm == .l2
      ? origin.addingProduct(shift, innerRadii() / length).clamped(0, 1)
      : innerL1Ball().project(points.to(.float64).contiguous().flattened()).reshaped(clean.shape).channelsLast()
    return try (length * (1 + 0x1p-40)).lessOrEqual(radii).select(points.clamped(0, 1), moved.to(.float32))
  }

  /// Radii that leave room for rounding a point to fp32, N×1×1×1, fp64, ≥ 0.
  private func innerRadii() throws -> Tensor {
    let dimensions = Double(clean.shape.dropFirst().reduce(1, *))
    // Every pixel of a point is at most 1, so rounding it to fp32 moves it by at most 2⁻²⁵.
    let rounding = (norm == .l2 ? dimensions.squareRoot() : dimensions) * 0x1p-25
    // The relative slack of 2⁻³⁰ keeps the point inside whatever the order in which its norm is summed.
    return try (radii * (1 - 0x1p-30) - rounding).clamped(0, .infinity)
  }

  func innerL1Ball() throws -> BoxedL1Ball {
    try BoxedL1Ball(
      clean: clean.to(.float64).contiguous().flattened(), radii: innerRadii().reshaped([-1, 1]))
  }

  /// A point for every sample, drawn uniformly from its ball and then moved into the box.
  /// - Parameter streams: one a sample.
  func randomPoints(_ streams: [RandomStream]) throws -> Tensor { try project(ballPoints(streams)) }

  /// A point for every sample, drawn uniformly from its ball, in the box or not.
  /// - Parameter streams: one a sample.
  func ballPoints(_ streams: [RandomStream]) throws -> Tensor {
    let shape = Array(clean.shape.dropFirst())
    switch norm {
    case .linf:
      let uniform = try Tensor.uniform(perSample: streams, shape).to(clean.device).channelsLast()
      return try clean.addingProduct(uniform * 2 - 1, stepRadii())
    case .l2, .l1:
      // A radius of ε·u^(1/d) makes the points uniform in the ball.
      let dimensions = Double(shape.reduce(1, *))
      let lengths = try Tensor.uniform(perSample: streams.map { $0.stream("radius") }, [1, 1, 1], dtype: .float64)
      let scale = try lengths.pow(1 / dimensions).to(.float32).to(clean.device)
      return try clean.addingProduct(randomDirections(norm, streams, shape, on: clean.device), stepRadii() * scale)
    }
  }

  private static func inwardBounds(around clean: Tensor, radii: Tensor) throws -> (Tensor, Tensor) {
    let origin = try clean.to(.float64)
    // Multiplying by the float before 1 gives a normal float's predecessor, dividing gives its successor.
    let beforeOne = Double(Float(1).nextDown)
    func inward(_ nearest: Tensor, towardsClean: Tensor) throws -> Tensor {
      let isInside = { (bound: Tensor) in try (bound.to(.float64) - origin).abs().lessOrEqual(radii) }
      let moved = try isInside(nearest).select(nearest, towardsClean)
      // Among subnormal numbers neither holds: the clean pixel itself is always inside.
      return try isInside(moved).select(moved, clean)
    }
    let low = try (origin - radii).to(.float32).clamped(0, 1)
    let high = try (origin + radii).to(.float32).clamped(0, 1)
    return try (inward(low, towardsClean: low / beforeOne), inward(high, towardsClean: high * beforeOne))
  }
}

extension Tensor {
  /// The images that `rows` names, N×C×H×W, in channels-last order, which selecting alone does not keep.
  func selectingImages(_ rows: Tensor) throws -> Tensor { try selecting(0, rows).channelsLast() }
}

/// The norm of `points − clean` per sample, evaluated in fp64.
func distances(_ norm: PerturbationNorm, _ points: Tensor, from clean: Tensor) throws -> [Double] {
  guard points.size(0) > 0 else { return [] }
  let shift = try (points.to(.float64) - clean.to(.float64)).flattened()
  switch norm {
  case .linf: return try shift.abs().max([1]).doubles()
  case .l2: return try shift.norm(2, [1]).doubles()
  case .l1: return try shift.norm(1, [1]).doubles()
  }
}
