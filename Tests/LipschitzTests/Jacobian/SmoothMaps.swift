import RandomStreams
import TorchCore

/// A random residual map of vectors, x + scale · B tanh(A x), with its Jacobian in closed form.
struct SmoothMap {
  let a: Tensor
  let b: Tensor
  let skips: Bool

  init(width: Int, hidden: Int, skips: Bool = true, _ stream: RandomStream) throws {
    a = try Tensor.normal([hidden, width], stream.stream("a"), dtype: .float64) * 0.7
    b = try Tensor.normal([width, hidden], stream.stream("b"), dtype: .float64) * 0.5
    self.skips = skips
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    let branch = try x.linear(a).tanh().linear(b)
    return skips ? try x + branch : branch
  }

  /// I + B diag(1 − tanh²(A x)) A at one sample, 1×width.
  func jacobian(at x: Tensor) throws -> Tensor {
    let slope = try 1 - x.linear(a).tanh().squared()
    let branch = try (b * slope).matmul(a)
    return skips ? try branch + Tensor.eye(x.size(1), dtype: .float64) : branch
  }
}

/// The largest magnitude of a difference.
func distance(_ a: Tensor, _ b: Tensor) throws -> Double { try (a - b).abs().max().item() }
