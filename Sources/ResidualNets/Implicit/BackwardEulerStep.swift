import TorchCore

/// One backward Euler step: z with z = h + τ F(z), sample by sample, differentiable in h and in whatever F closes over.
///
/// The search records no graph, whatever the number of its iterations; the graph of one evaluation of F at the root
/// stays for the gradient, which solves one linear system a backward pass.
/// - Parameters:
///   - h: N×C×H×W, N×T×D or N×F, in float32 or float64. Samples do not influence each other.
///   - step: The step size τ.
///   - site: The block's name, for errors.
///   - field: F, which keeps the shape. It is evaluated many times and must give the same value each time: no batch
///     statistics that it updates, no fresh randomness.
/// - Returns: The root. No second derivatives: a backward pass that records a graph throws `TorchError`.
/// - Throws: `SolverFailure` for values that are not finite and where the search does not converge; `TorchError` for
///   shapes and element types that do not fit; what the field throws. Where the gradient's system fails, the backward
///   pass throws a `TorchError` with the `SolverFailure`'s description.
public func backwardEulerStep(
  _ h: Tensor, step: Double, solver: ImplicitSolver, site: String, _ field: (Tensor) throws -> Tensor
) throws -> Tensor {
  guard h.rank >= 2 else {
    throw TorchError(
      code: .invalidOperation, message: "the backward Euler step of \(site) needs samples × features, not \(h.shape)")
  }
  let root = try withoutGradients {
    try RootSearch(h: h.detached(), step: step, solver: solver, site: site).root(field)
  }
  // F at a leaf always has a graph; whether anything else wants gradients, only F at a constant tells.
  guard try Torch.recordsGradients && (h.requiresGradient || field(root).requiresGradient) else { return root }

  let leaf = try root.asLeaf()
  let value = try field(leaf)
  let once = try h + value * step
  if value.requiresGradient {
    // Holds F's value, not `once`, which holds this closure.
    let adjoint = AdjointSolve(root: leaf, field: value, step: step, solver: solver, site: site)
    try once.replacingGradient { try adjoint.gradient($0) }
  }
  // The root's value with the gradient of `once`. (One more evaluation may lie further from the root than `root` does,
  // and the gradient with respect to the result itself must be the one that arrives.)
  return try root + (once - once.detached())
}
