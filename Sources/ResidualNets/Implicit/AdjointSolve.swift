import TorchCore

/// The gradient through a root z = h + τF(z), by the implicit function theorem: where g arrives at z, the gradient of
/// h + τF(z) with z held is w = (I − τJᵀ)⁻¹g (Bai, Kolter and Koltun 2019, Theorem 1).
struct AdjointSolve {
  /// The root, a leaf, and F there, with its graph.
  let root: Tensor
  let field: Tensor
  let step: Double
  let solver: ImplicitSolver
  let site: String

  /// w with w = g + τJᵀw, each sample to the tolerance and no further, so that it does not depend on its batch.
  /// - Throws: `SolverFailure`; `TorchError` inside a backward pass that is itself recorded.
  func gradient(_ g: Tensor) throws -> Tensor {
    guard !Torch.recordsGradients else {
      throw TorchError(
        code: .invalidOperation,
        message: "the backward Euler step of \(site) has no second derivatives: differentiate without recording a graph"
      )
    }
    let krylov = try KrylovSolver(for: g.dtype)
    let gradientNorm = try g.sampleNorm()
    var w = try g.zerosLike()
    var r = g
    var iterations = 0
    var last = try gradientNorm + .infinity
    while true {
      let scale = try gradientNorm + w.sampleNorm() + smallestScale
      let relative = try r.sampleNorm() / scale
      let worst = try relative.max().item()
      guard worst.isFinite else { throw failure(.notFinite, worst, iterations) }
      guard worst > solver.tolerance else { return w }
      guard iterations < solver.iterationLimit else { throw failure(.iterationLimit, worst, iterations) }
      let active = try relative.greater(solver.tolerance)
      // A sample's next cycle would start where this one did.
      guard try active.not().or(relative.less(last)).allTrue() else { throw failure(.stalled, worst, iterations) }
      last = relative
      iterations += 1
      let right = try active.select(r, r.zerosLike())
      let correction = try krylov.solve(right, target: scale * (solver.tolerance / 2)) {
        try $0 - transposedJacobian($0)
      }
      guard let correction else { throw failure(.notFinite, worst, iterations) }
      w = try w + correction
      r = try active.select(g + transposedJacobian(w) - w, r)
    }
  }

  /// τJᵀv.
  private func transposedJacobian(_ v: Tensor) throws -> Tensor {
    let product = try gradients(of: field, seed: v, withRespectTo: [root], retainingGraph: true)[0]
    return try product.map { try $0 * step } ?? v.zerosLike()
  }

  private func failure(_ reason: SolverFailure.Reason, _ residual: Double, _ iterations: Int) -> SolverFailure {
    SolverFailure(
      equation: .adjoint, reason: reason, site: site, residual: residual, iterations: iterations, step: step,
      tolerance: solver.tolerance)
  }
}
