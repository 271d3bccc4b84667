import Foundation
import Lipschitz
import TorchCore

/// How the Jacobian of a chain of maps grows with depth, beside the products of its factors' extreme singular values.
struct JacobianCourse {
  /// log₁₀ of the largest singular value of J_l ⋯ J₁, l = 0 … L.
  private(set) var jacobian = [0.0]
  /// log₁₀ of Π ‖J_k‖, an upper bound on it.
  private(set) var largestProduct = [0.0]
  /// log₁₀ of Π σ_min(J_k), a lower bound on it; −∞ from a singular factor on.
  private(set) var smallestProduct = [0.0]
  /// ‖J_l‖, l = 1 … L.
  private(set) var norms: [Double] = []

  /// - Parameter factors: square matrices J₁ … J_L, float64.
  init(_ factors: [Tensor]) throws {
    var product: Tensor?
    for factor in factors {
      // Kept at norm 1, so that no depth overflows.
      let next = try product.map { try factor.matmul($0) } ?? factor
      let scale = try next.singularValues().doubles()[0]
      product = scale > 0 ? try next / scale : next
      let values = try factor.singularValues().doubles()
      norms.append(values[0])
      jacobian.append(jacobian[jacobian.count - 1] + log10(scale))
      largestProduct.append(largestProduct[largestProduct.count - 1] + log10(values[0]))
      smallestProduct.append(smallestProduct[smallestProduct.count - 1] + log10(values[values.count - 1]))
    }
  }

  /// The blocks of a network whose states all have one shape, at one image.
  /// - Parameter pixels: 1×C×H×W, in the network's type.
  init(_ chain: NetworkChain, _ pixels: Tensor) throws {
    let states = try withoutGradients { try chain.states(pixels) }
    try self.init(
      chain.steps.enumerated().map { index, step in
        try Lipschitz.jacobian(at: states[index], step.apply).to(.float64)
      })
  }

  /// 10 to the last value, per step: the factor per step over the whole depth.
  static func factorPerStep(_ logarithms: [Double]) -> Double {
    guard let last = logarithms.last, logarithms.count > 1 else { return .nan }
    return pow(10, last / Double(logarithms.count - 1))
  }
}
