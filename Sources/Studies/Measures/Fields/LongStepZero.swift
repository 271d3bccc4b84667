import ResidualNets
import TorchCore

/// A zero of a field, by long backward Euler steps z = h + τF(z): F(z) = (z − h)/τ shrinks with every step, also near
/// zeros that repel the flow. (Pseudo-transient continuation, Kelley & Keyes 1998.)
///
/// - Parameters:
///   - start: 1×F, float64.
///   - tolerance: of ‖F(z)‖ / (1 + ‖z‖).
/// - Returns: 1×F; nil where none was found from there.
func zeroOfField(
  from start: Tensor, tolerance: Double = 1e-12, _ field: (Tensor) throws -> Tensor
) throws -> Tensor? {
  try withoutGradients {
    var z = start
    for _ in 0..<40 {
      guard try field(z).norm().item() > tolerance * (1 + z.norm().item()) else { return z }
      do {
        let solver = ImplicitSolver(tolerance: 1e-12, iterationLimit: 60)
        z = try backwardEulerStep(z, step: 100, solver: solver, site: "search for a zero", field)
      } catch is SolverFailure {
        return nil
      }
    }
    return nil
  }
}
