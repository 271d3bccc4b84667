import OperatorNorms
import TorchCore

extension [PerceptronLayer] {
  /// At least ‖|W_k| ⋯ |W_1|‖, which no pattern of open and closed ReLUs exceeds; behind MaxMin both of a pair count as
  /// their sum, of which each is at most.
  ///
  /// Where no weight is negative and all activations are ReLU it is the constant itself: far enough along the positive
  /// axes every neuron is open.
  func absoluteProductUpper() throws -> Double {
    var product = self[0].magnitude
    for (layer, next) in zip(self, dropFirst()) {
      if layer.sortsPairs {
        let (a, b) = try product.halves(0)
        let sum = try a + b
        product = try .concatenated([sum, sum])
      }
      product = try next.magnitude.matmul(product)
    }
    return try OperatorNorm.upperBound(ofMatrix: product).timesUp(1 + 2 * Rounding.gamma(productLength))
  }

  /// How many roundings an element of the product of all matrices went through.
  var productLength: Int { reduce(0) { $0 + $1.inputs + $1.roundings + 2 } }
}
