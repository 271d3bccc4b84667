import Lipschitz
import TorchCore

extension NetworkChain {
  /// The dense Jacobians of the steps at one sample, in the order of the steps; their product from the last to the
  /// first is that of the chain.
  /// - Parameter x: 1×….
  func blockJacobians(at x: Tensor) throws -> [Tensor] {
    let states = try withoutGradients { try self.states(x) }
    return try zip(steps, states).map { try jacobian(at: $1, $0.apply) }
  }
}

/// The products J_l ⋯ J_1 for l = 1 … L.
func productsByDepth(_ jacobians: [Tensor]) throws -> [Tensor] {
  guard let first = jacobians.first else { return [] }
  return try jacobians.dropFirst().reduce(into: [first]) { products, next in
    products.append(try next.matmul(products[products.count - 1]))
  }
}

/// How many singular values lie above `tolerance` times the largest.
func numericalRank(_ matrix: Tensor, tolerance: Double) throws -> Int {
  let values = try matrix.singularValues().doubles()
  guard let largest = values.first, largest > 0 else { return 0 }
  return values.count { $0 > tolerance * largest }
}

/// The smallest distance of an eigenvalue of F from −1, the value at which I + F becomes singular.
func distanceFromMinusOne(_ matrix: Tensor) throws -> Double {
  let (real, imaginary) = try matrix.eigenvalues()
  let distances = try ((real + 1).squared() + imaginary.squared()).sqrt()
  return try distances.min().item()
}
