import OperatorNorms
import TorchCore

extension [PerceptronLayer] {
  /// At least ‖|W_k| ⋯ |W_1|‖, which no pattern of open and closed ReLUs exceeds.
  ///
  /// Where no weight is negative it is the constant itself: far enough along the positive axes every neuron is open.
  func absoluteProductUpper() throws -> Double {
    let product = try dropFirst().reduce(self[0].magnitude) { try $1.magnitude.matmul($0) }
    return try OperatorNorm.upperBound(ofMatrix: product).timesUp(1 + 2 * Rounding.gamma(productLength))
  }

  /// How many roundings an element of the product of all matrices went through.
  var productLength: Int { reduce(0) { $0 + $1.inputs + $1.roundings + 1 } }
}
