import Foundation
import TorchCore

extension SlopeProgram {
  /// The barrier method (Boyd and Vandenberghe, *Convex Optimization*, 2004, §11.3): Newton's method on s·ρ − log det F
  /// for growing s, along whose minimisers ρ exceeds the optimum by n/s at most.
  /// - Parameters:
  ///   - start: feasible in its closure, such as ``SlopeMultipliers/equal(for:)``.
  ///   - tolerance: of ρ, relative.
  func minimised(from start: SlopeMultipliers, tolerance: Double) throws -> SlopeMultipliers {
    // Off the boundary: all of F but its constant grows.
    var point = Point(
      rho: start.rho * 1.1, multipliers: try Tensor.concatenated(start.multipliers, 0) * 1.1)
    var best = point
    let order = Double(neurons + inputs)
    var weight = order / point.rho
    for _ in 0..<Self.mostSteps {
      guard let root = try inverseRoot(at: point) else { break }
      best = point
      guard let step = try? newtonStep(weight: weight, root: root), step.decrement.isFinite else { break }
      if step.decrement < Self.centred {
        if order / weight < tolerance * point.rho { break }
        weight *= Self.growth
      } else {
        let length = Self.length(of: step, weight: weight)
        point.rho += length * step.rho
        point.multipliers = try point.multipliers + step.multipliers * length
      }
    }
    return SlopeMultipliers(rho: best.rho, multipliers: try split(best.multipliers))
  }

  private static let mostSteps = 400
  /// The squared decrement at which a minimiser counts as reached.
  private static let centred = 0.1
  /// Of s. Faster growth sends steps so close to the boundary that F is no longer inverted well.
  private static let growth = 6.0

  /// H with HHᵀ = F⁻¹; nil where F is not positive definite by enough to tell.
  private func inverseRoot(at point: Point) throws -> Tensor? {
    let form = try matrix(at: point)
    guard try form.isFinite().allTrue() else { return nil }
    let (values, vectors) = try form.symmetricEigenvectors()
    guard try values.min().item() > 1e-15 * values.max().item() else { return nil }
    return try vectors * values.rsqrt()
  }

  /// The best length of a step, by bisection, at most 0.9 of the way to the boundary.
  private static func length(of step: Step, weight: Double) -> Double {
    let steepest = step.growths.min() ?? 0
    let most = steepest < 0 ? min(0.9 / -steepest, longest) : longest
    func slope(_ length: Double) -> Double {
      weight * step.rho - step.growths.reduce(0) { $0 + $1 / (1 + length * $1) }
    }
    guard slope(most) > 0 else { return most }
    var (low, high) = (0.0, most)
    for _ in 0..<40 {
      let middle = (low + high) / 2
      if slope(middle) < 0 { low = middle } else { high = middle }
    }
    return low > 0 ? low : high
  }

  private static let longest = 1e3
}
