import OperatorNorms
import TorchCore

extension Conv2d: AdaptableLayer {
  var ownBias: Parameter? { bias }
  var isConvolution: Bool { true }

  func apply(_ weight: Tensor, _ bias: Tensor?, to x: Tensor) throws -> Tensor { try x.conv2d(weight, bias, geometry) }

  func apply(_ weight: Tensor, _ bias: Tensor?, beside map: ChannelMap, _ mode: Mode, to x: Tensor) throws -> Tensor {
    try x.conv2d(weight, bias, geometry, adding: map.matrix(mode))
  }

  func applyBehind(_ matrix: Tensor, to y: Tensor) throws -> Tensor {
    try y.conv2d(matrix.reshaped(matrix.shape + [1, 1]))
  }

  /// A in the centre tap, whose windows are centred inside the image: padding is ⌊k/2⌋.
  func adding(_ matrix: Tensor, to weight: Tensor) throws -> Tensor {
    let margin = weight.size(2) / 2
    let tap = try matrix.reshaped(matrix.shape + [1, 1])
    return try weight + tap.padded(left: margin, right: margin, top: margin, bottom: margin)
  }

  func constrain(_ weight: Tensor, by constraint: any NormConstraint, _ mode: Mode) throws -> Tensor {
    try constraint.constrain(kernel: weight, geometry, inputSize, mode)
  }

  func operatorBounds(of weight: Tensor) throws -> (norm: Double, absolute: Double) {
    let convolution = try ConvolutionOperator(weight: weight, geometry: geometry, inputSize: inputSize)
    return try (OperatorNorm.upperBound(of: convolution), OperatorNorm.absoluteBound(of: convolution))
  }
}
