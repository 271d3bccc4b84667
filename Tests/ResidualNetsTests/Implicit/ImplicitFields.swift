import RandomStreams
import TorchCore

@testable import ResidualNets

/// F(z) = zA + b on rows z, with the root of a backward Euler step in closed form.
struct LinearField {
  var a: Tensor
  var b: Tensor

  /// A with the given eigenvalues and eigenvectors that are not orthogonal.
  init(eigenvalues: [Double], _ stream: RandomStream) throws {
    let n = eigenvalues.count
    let noise = try Tensor.normal([n, n], stream.stream("vectors"), dtype: .float64) * (0.5 / Double(n).squareRoot())
    let vectors = try Tensor.eye(n, dtype: .float64) + noise
    a = try vectors.solved(for: Tensor(eigenvalues, [n, 1]) * vectors)
    b = try Tensor.normal([n], stream.stream("bias"), dtype: .float64)
  }

  func callAsFunction(_ z: Tensor) throws -> Tensor { try z.matmul(a) + b }

  /// z(I − τA) = h + τb.
  func root(_ h: Tensor, step: Double) throws -> Tensor {
    let matrix = try Tensor.eye(b.count, dtype: .float64) - a * step
    return try matrix.transposed().solved(for: (h + b * step).transposed()).transposed()
  }
}

/// F(z) = φ(zW₁ + b₁)W₂ + b₂ on rows z.
struct TwoLayerField {
  var parameters: [Tensor]
  let activation: @Sendable (Tensor) throws -> Tensor

  /// - Parameter lipschitz: ‖W₁‖‖W₂‖, which bounds F's constant for a φ of slope at most 1.
  init(
    features: Int, hidden: Int, lipschitz: Double, _ stream: RandomStream,
    activation: @escaping @Sendable (Tensor) throws -> Tensor
  ) throws {
    func draw(_ name: String, _ shape: [Int]) throws -> Tensor {
      let value = try Tensor.normal(shape, stream.stream(name), dtype: .float64)
      guard shape.count == 2 else { return value }
      return try value * (lipschitz.squareRoot() / value.singularValues().max().item())
    }
    parameters = try [
      draw("w1", [features, hidden]), draw("b1", [hidden]), draw("w2", [hidden, features]), draw("b2", [features]),
    ]
    self.activation = activation
  }

  func callAsFunction(_ z: Tensor) throws -> Tensor {
    try activation(z.matmul(parameters[0]) + parameters[1]).matmul(parameters[2]) + parameters[3]
  }
}

/// The solver for comparisons in double precision.
let exactSolver = ImplicitSolver(tolerance: 1e-12)
