import TorchCore

/// Finds z with r(z) = h + τF(z) − z = 0 by an inexact Newton method that needs no more than values of F: GMRES solves
/// (I − τJ)s = r with products J·v from differences of F (Knoll and Keyes 2004, §2), and each sample takes its step s
/// as far as its residual shrinks, and none once its residual is within the tolerance: a root does not depend on its
/// batch, but for the rounding of batched operations. One method for mild and stiff fields: on a contraction a step
/// costs a few evaluations, and where τJ has eigenvalues far outside the unit circle it still converges. Where the
/// residual has minima that are no roots (fields that expand, at a large τ), the search may stall in one.
struct RootSearch {
  let h: Tensor
  let step: Double
  let solver: ImplicitSolver
  let site: String

  /// GMRES reduces a Newton step's residual by this factor, not further: the next step starts over anyway.
  private static let forcing = 0.01
  /// A shorter step than 2⁻¹⁰ of Newton's counts as none.
  private static let halvingLimit = 10
  /// The share of the predicted decrease that a step must achieve (Armijo).
  private static let sufficientDecrease = 1e-4

  /// The root, no graph recorded, memory independent of the number of steps.
  /// - Throws: `SolverFailure`, and what the field throws.
  func root(_ field: (Tensor) throws -> Tensor) throws -> Tensor {
    let krylov = try KrylovSolver(for: h.dtype)
    func residual(_ z: Tensor) throws -> Tensor { try h + checked(field(z)) * step - z }

    let inputNorm = try h.sampleNorm()
    var z = h
    var r = try residual(z)
    var iterations = 0
    while true {
      let norm = try r.sampleNorm()
      let scale = try inputNorm + z.sampleNorm() + smallestScale
      let relative = try norm / scale
      let worst = try relative.max().item()
      guard worst.isFinite else { throw failure(.notFinite, worst, iterations) }
      guard worst > solver.tolerance else { return z }
      guard iterations < solver.iterationLimit else { throw failure(.iterationLimit, worst, iterations) }
      iterations += 1
      let active = try relative.greater(solver.tolerance)

      // The difference's width: √u relative to z; where F is far larger than z, as wide as F's rounding asks for.
      let floor = try scale.maximum(norm * krylov.roundingUnit.squareRoot())
      let width = try (scale + norm).sqrt() * floor.sqrt() * krylov.roundingUnit.squareRoot()
      let target = try (norm * Self.forcing).maximum(scale * (solver.tolerance / 2))
      let right = try active.select(r, r.zerosLike())
      let newton = try krylov.solve(right, target: target) { v in try (r - residual(z + width * v)) / width }
      guard let newton else { throw failure(.notFinite, worst, iterations) }

      // Backtracking, each sample on its own; one that has converged, or has made its step, stays where it is.
      var pending = active
      var length = 1.0
      for _ in 0...Self.halvingLimit {
        let candidate = try z + newton * length
        let after = try residual(candidate)
        let limit = try norm * (1 - Self.sufficientDecrease * length)
        let accepted = try pending.and(after.sampleNorm().lessOrEqual(limit))
        (z, r) = try (accepted.select(candidate, z), accepted.select(after, r))
        pending = try pending.and(accepted.not())
        guard try !pending.not().allTrue() else { break }
        length /= 2
      }
      // The same step would fail again.
      guard try pending.not().allTrue() else { throw failure(.stalled, worst, iterations) }
    }
  }

  private func checked(_ value: Tensor) throws -> Tensor {
    guard value.shape == h.shape else {
      throw TorchError(
        code: .invalidOperation,
        message:
          "the field at \(site) maps shape \(h.shape) to \(value.shape); a backward Euler step needs the same shape")
    }
    return value
  }

  private func failure(_ reason: SolverFailure.Reason, _ residual: Double, _ iterations: Int) -> SolverFailure {
    SolverFailure(
      equation: .step, reason: reason, site: site, residual: residual, iterations: iterations, step: step,
      tolerance: solver.tolerance)
  }
}

/// Keeps 0/0 away, in single precision too.
let smallestScale = 1e-30
