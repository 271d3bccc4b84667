import TorchCore

/// φ.
typealias Activation = NetworkDescription.Activation

extension NetworkDescription.Activation {
  /// φ(x) of N×C×H×W, tokens N×T×C or N×C.
  func apply(_ x: Tensor) throws -> Tensor {
    switch self {
    case .relu: try x.relu()
    case .maxMin: try x.maxMin()
    }
  }

  /// The deployed stage, named behind a prefix; with a number where a branch has several.
  func stage(_ prefix: String = "", _ number: Int? = nil) -> Stage {
    let operation: Operation =
      switch self {
      case .relu: .relu
      case .maxMin: .maxMin
      }
    return Stage(prefix + rawValue + (number.map(String.init) ?? ""), operation)
  }
}

extension Tensor {
  /// max(x_i, x_{i+C/2}) and behind them min(x_i, x_{i+C/2}), of an even number C of channels. It selects: each
  /// sample's values stay, in another order.
  func maxMin() throws -> Tensor {
    let axis = rank == 3 ? 2 : 1
    let half = size(axis) / 2
    let (a, b) = try (narrowed(axis, from: 0, count: half), narrowed(axis, from: half, count: half))
    return try Tensor.concatenated([a.maximum(b), a.minimum(b)], axis)
  }
}
