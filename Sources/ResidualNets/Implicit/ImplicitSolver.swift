/// How the root of a backward Euler step is found: by an inexact Newton method whose linear systems, like that of the
/// gradient, are solved by GMRES. See `backwardEulerStep`.
public struct ImplicitSolver: Sendable, Hashable, Codable {
  /// The largest relative residual ‖h + τF(z) − z‖ / (‖h‖ + ‖z‖) of any sample; for the gradient g that arrives,
  /// ‖g + τJᵀw − w‖ / (‖g‖ + ‖w‖). The default suits single precision.
  public var tolerance: Double

  /// How many Newton steps the search may take, and how many cycles of GMRES the gradient. Each of them evaluates the
  /// field, or a product with its Jacobian, as often as the field is hard, at most about 40 times. A search takes about
  /// a dozen evaluations in all where τF contracts by 1/2, and fails by this limit or, earlier, where it stalls.
  public var iterationLimit: Int

  public init(tolerance: Double = 1e-5, iterationLimit: Int = 50) {
    self.tolerance = tolerance
    self.iterationLimit = iterationLimit
  }
}
