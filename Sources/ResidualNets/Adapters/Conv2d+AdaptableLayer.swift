import OperatorNorms
import TorchCore

extension Conv2d: AdaptableLayer {
  var ownBias: Parameter? { bias }
  var isConvolution: Bool { true }

  func apply(_ weight: Tensor, _ bias: Tensor?, to x: Tensor) throws -> Tensor { try x.conv2d(weight, bias, geometry) }

  func apply(_ weight: Tensor, _ bias: Tensor?, beside map: ChannelMap, _ mode: Mode, to x: Tensor) throws -> Tensor {
    let matrix = try map.matrix(mode)
    return try isCentred
      ? x.conv2d(weight, bias, geometry, adding: matrix) : x.conv2d(adding(matrix, to: weight), bias, geometry)
  }

  func applyBehind(_ matrix: Tensor, to y: Tensor) throws -> Tensor {
    try y.conv2d(matrix.reshaped(matrix.shape + [1, 1]))
  }

  /// A in the tap that lies on the pixel where the strides have come, in rows and in columns
  /// ``ConvolutionGeometry/padding`` from the window's corner: the centre tap, where windows are centred inside the
  /// image.
  func adding(_ matrix: Tensor, to weight: Tensor) throws -> Tensor {
    let (top, left, last) = (geometry.padding[0], geometry.padding[1], weight.size(2) - 1)
    let tap = try matrix.reshaped(matrix.shape + [1, 1])
    return try weight + tap.padded(left: left, right: last - left, top: top, bottom: last - top)
  }

  /// Whether there is a centre tap and every window's lies inside the image.
  private var isCentred: Bool { kernel % 2 == 1 && geometry.padding == [kernel / 2, kernel / 2] }

  func constrain(_ weight: Tensor, by constraint: any NormConstraint, _ mode: Mode) throws -> Tensor {
    try constraint.constrain(kernel: weight, geometry, inputSize, mode)
  }

  func operatorBounds(of weight: Tensor) throws -> (norm: Double, absolute: Double) {
    let convolution = try ConvolutionOperator(weight: weight, geometry: geometry, inputSize: inputSize)
    return try (OperatorNorm.upperBound(of: convolution), OperatorNorm.absoluteBound(of: convolution))
  }
}
