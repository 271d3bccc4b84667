import TorchCore

extension ImplicitSolver {
  /// As exact as the element type allows with some room for rounding.
  static func fitting(_ type: DType) -> ImplicitSolver {
    ImplicitSolver(tolerance: type == .float64 ? 1e-11 : 1e-5, iterationLimit: 100)
  }
}
