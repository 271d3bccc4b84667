import Foundation
import Results
import TorchCore

/// The way from adversarials toward their clean images, and by bisection the place at which it leaves the class (Chen
/// et al. 2020, algorithm 1): in L2 the segment between the two, in L∞ the adversarial clipped to smaller and smaller
/// balls.
struct WayToBoundary {
  private let norm: PerturbationNorm
  private let clean: Tensor
  private let rows: [Int]

  init(_ norm: PerturbationNorm, clean: Tensor, rows: [Int]) {
    (self.norm, self.clean, self.rows) = (norm, clean, rows)
  }

  /// θ as a share of the way, with d pixels: d^(−3/2) in L2 and d⁻² in L∞, but neither coarser than a thousandth nor
  /// finer than what fp32 logits tell apart.
  static func tolerance(_ norm: PerturbationNorm, _ clean: Tensor) -> Double {
    let dimensions = Double(clean.shape.dropFirst().reduce(1, *))
    return min(max(pow(dimensions, norm == .l2 ? -1.5 : -2), 0x1p-16), 0x1p-10)
  }

  /// Questions that a bisection down to this share takes.
  static func steps(_ tolerance: Double) -> Int { Int((-log2(tolerance)).rounded(.up)) }

  /// The last adversarial points on the way.
  ///
  /// - Parameters:
  ///   - far: adversarials, N×C×H×W.
  ///   - tolerance: a share of the way.
  ///   - isOpen: the points to move; the others stay.
  func end(
    _ far: Tensor, tolerance: Double, isOpen: [Bool]? = nil, network: inout HardLabelNetwork
  ) throws -> Tensor {
    guard !rows.isEmpty else { return far }
    let lengths = try norm == .l2 ? rows.map { _ in 1 } : distances(norm, far, from: clean)
    let isAsked = isOpen ?? rows.map { _ in true }
    var (low, high) = (rows.map { _ in 0.0 }, rows.map { _ in 1.0 })
    var best = far
    for _ in 0..<Self.steps(tolerance) {
      let middle = zip(low, high).map { ($0 + $1) / 2 }
      let points = try point(far, zip(middle, lengths).map(*))
      let isAdversarial = try network.reaches(points, rows: rows, isAsked: isAsked)
      best = try sampleMask(isAdversarial, like: best).select(points, best)
      for place in rows.indices {
        if isAdversarial[place] { high[place] = middle[place] } else { low[place] = middle[place] }
      }
    }
    return best
  }

  /// The points at such places, in the box.
  private func point(_ far: Tensor, _ places: [Double]) throws -> Tensor {
    let place = try perImage(places, on: clean.device).to(.float32)
    return try norm == .l2
      ? clean.addingProduct(far - clean, place).clamped(0, 1)
      : far.maximum(clean - place).minimum(clean + place)
  }
}
