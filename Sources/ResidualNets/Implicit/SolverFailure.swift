/// A backward Euler step, or its gradient, that could not be computed to the tolerance.
public struct SolverFailure: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Equation: String, Sendable, Hashable {
    /// z = h + τF(z).
    case step
    /// w = g + τJᵀw, for the gradient.
    case adjoint
  }

  public enum Reason: Sendable, Hashable {
    /// A value is infinite or NaN.
    case notFinite
    /// No direction reduces the residual any further.
    case stalled
    case iterationLimit
  }

  public let equation: Equation
  public let reason: Reason
  /// The block whose step failed.
  public let site: String
  /// The largest relative residual of any sample, as `ImplicitSolver.tolerance` defines it.
  public let residual: Double
  public let iterations: Int
  /// The step size τ.
  public let step: Double
  public let tolerance: Double

  public var description: String {
    let subject =
      switch equation {
      case .step: "the backward Euler step of \(site)"
      case .adjoint: "the gradient of the backward Euler step of \(site)"
      }
    let state = "after \(iterations) iterations at step size \(step)"
    return switch reason {
    case .notFinite:
      "\(subject) met infinite or NaN values \(state): look for them in its input and its weights, or take a smaller step"
    case .stalled:
      "\(subject) stalled \(state), relative residual \(residual), tolerance \(tolerance): there may be no root; take a "
        + "smaller step, or compute in fp64 where rounding is what stops it"
    case .iterationLimit:
      "\(subject) did not converge \(state), relative residual \(residual), tolerance \(tolerance): allow more "
        + "iterations, take a smaller step, or compute in fp64"
    }
  }
}
