import OperatorNorms
import TorchCore

/// A layer x ↦ W x + b, over images or over features: what a correction has to know of it. Matrices act on channels (or
/// features) alone.
protocol LinearLayer: Module {
  var site: String { get }
  /// out×in, or out×in×k×k.
  var weight: Parameter { get }
  var ownBias: Parameter? { get }
  var constraint: SpectralConstraint? { get }
  var isConvolution: Bool { get }

  func effectiveWeight(_ mode: Mode) throws -> Tensor
  /// W x + b for some W and b.
  func apply(_ weight: Tensor, _ bias: Tensor?, to x: Tensor) throws -> Tensor
  /// A x where the layer's outputs lie: of an image, at the centres of its windows. A is any number×in.
  func applyBeside(_ matrix: Tensor, to x: Tensor) throws -> Tensor
  /// A y of something that lies where the layer's outputs lie.
  func applyBehind(_ matrix: Tensor, to y: Tensor) throws -> Tensor
  /// The weight whose layer is that of W and a matrix beside it: W + A.
  func adding(_ matrix: Tensor, to weight: Tensor) throws -> Tensor
  func constrain(_ weight: Tensor, by constraint: SpectralConstraint, _ mode: Mode) throws -> Tensor
  /// Upper bounds on the norms of W and of |W| as operators.
  func operatorBounds(of weight: Tensor) throws -> (norm: Double, absolute: Double)
}

extension LinearLayer {
  var outputs: Int { weight.value.size(0) }
  var inputs: Int { weight.value.size(1) }

  /// A W.
  func multiplying(_ matrix: Tensor, by weight: Tensor) throws -> Tensor {
    try matrix.matmul(weight.reshaped([weight.size(0), -1])).reshaped([matrix.size(0)] + weight.shape[1...])
  }
}

extension Linear: LinearLayer {
  var ownBias: Parameter? { bias }
  var isConvolution: Bool { false }

  func apply(_ weight: Tensor, _ bias: Tensor?, to x: Tensor) throws -> Tensor { try x.linear(weight, bias) }

  func applyBeside(_ matrix: Tensor, to x: Tensor) throws -> Tensor { try x.linear(matrix) }

  func applyBehind(_ matrix: Tensor, to y: Tensor) throws -> Tensor { try y.linear(matrix) }

  func adding(_ matrix: Tensor, to weight: Tensor) throws -> Tensor { try weight + matrix }

  func constrain(_ weight: Tensor, by constraint: SpectralConstraint, _ mode: Mode) throws -> Tensor {
    try constraint.constrain(matrix: weight, mode)
  }

  func operatorBounds(of weight: Tensor) throws -> (norm: Double, absolute: Double) {
    try (OperatorNorm.upperBound(ofMatrix: weight), OperatorNorm.absoluteBound(ofMatrix: weight))
  }
}

extension Conv2d: LinearLayer {
  var ownBias: Parameter? { bias }
  var isConvolution: Bool { true }

  func apply(_ weight: Tensor, _ bias: Tensor?, to x: Tensor) throws -> Tensor { try x.conv2d(weight, bias, geometry) }

  func applyBeside(_ matrix: Tensor, to x: Tensor) throws -> Tensor { try onPixels(x, matrix, stride: geometry.stride) }

  func applyBehind(_ matrix: Tensor, to y: Tensor) throws -> Tensor { try onPixels(y, matrix, stride: [1, 1]) }

  /// A in the centre tap, whose windows are centred inside the image: padding is ⌊k/2⌋.
  func adding(_ matrix: Tensor, to weight: Tensor) throws -> Tensor {
    let margin = weight.size(2) / 2
    let tap = try matrix.reshaped(matrix.shape + [1, 1])
    return try weight + tap.padded(left: margin, right: margin, top: margin, bottom: margin)
  }

  func constrain(_ weight: Tensor, by constraint: SpectralConstraint, _ mode: Mode) throws -> Tensor {
    try constraint.constrain(kernel: weight, geometry, inputSize, mode)
  }

  func operatorBounds(of weight: Tensor) throws -> (norm: Double, absolute: Double) {
    let convolution = try ConvolutionOperator(weight: weight, geometry: geometry, inputSize: inputSize)
    return try (OperatorNorm.upperBound(of: convolution), OperatorNorm.absoluteBound(of: convolution))
  }

  private func onPixels(_ x: Tensor, _ matrix: Tensor, stride: [Int]) throws -> Tensor {
    try x.conv2d(
      matrix.reshaped(matrix.shape + [1, 1]), nil,
      ConvolutionGeometry(stride: stride, padding: [0, 0], dilation: [1, 1], groups: 1))
  }
}

extension Trunk {
  /// The layers that an adapter corrects, each once.
  var adaptableLayers: [any LinearLayer] { adaptableConvolutions + adaptableLinears }

  /// How many weights the convolutions of more than one pixel have: what published adapters are measured against.
  public var spatialWeightCount: Int {
    adaptableConvolutions.filter { $0.kernel > 1 }.reduce(0) { $0 + $1.weight.value.count }
  }
}
