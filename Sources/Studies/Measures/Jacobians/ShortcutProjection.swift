import Foundation
import RandomStreams
import TorchCore

/// A matrix W as a block's shortcut, outputs × inputs, and what it does to signal and gradient. All in float64.
enum ShortcutProjection {
  /// Orthonormal rows, W Wᵀ = I, for fewer outputs than inputs; orthonormal columns, WᵀW = I, for more.
  static func orthonormal(outputs: Int, inputs: Int, _ stream: RandomStream) throws -> Tensor {
    let tall = try Tensor.normal([max(outputs, inputs), min(outputs, inputs)], stream, dtype: .float64).qr().q
    return outputs > inputs ? tall : try tall.transposed().contiguous()
  }

  /// Independent normal entries that keep squared norms in the mean: those of the signal where it widens, of the
  /// gradient where it narrows.
  static func random(outputs: Int, inputs: Int, _ stream: RandomStream) throws -> Tensor {
    try Tensor.normal([outputs, inputs], stream, dtype: .float64) / Double(max(outputs, inputs)).squareRoot()
  }

  /// |‖W x_n‖ / ‖x_n‖ − 1| for each row of x, N×inputs.
  static func signalChanges(_ weight: Tensor, _ x: Tensor) throws -> [Double] {
    try relativeChanges(x.linear(weight), x)
  }

  /// |‖Wᵀ g_n‖ / ‖g_n‖ − 1| for each row of g, N×outputs, by automatic differentiation.
  static func gradientChanges(_ weight: Tensor, _ g: Tensor) throws -> [Double] {
    let x = try Tensor.zeros([g.size(0), weight.size(1)], dtype: .float64).asLeaf()
    let back = try gradients(of: x.linear(weight), seed: g, withRespectTo: [x])[0] ?? x.zerosLike()
    return try relativeChanges(back, g)
  }

  /// The share of the variance of the rows of x, N×inputs, that lies in W's row space: what can be restored after W.
  static func keptVariance(_ weight: Tensor, _ x: Tensor) throws -> Double {
    let centred = try x - x.mean([0], keepingDimensions: true)
    // An orthonormal basis of the row space.
    let basis = try weight.transposed().qr().q
    return try centred.matmul(basis).squared().sum().item() / centred.squared().sum().item()
  }

  private static func relativeChanges(_ image: Tensor, _ original: Tensor) throws -> [Double] {
    try (image.norm(2, [1]) / original.norm(2, [1]) - 1).abs().doubles()
  }
}
