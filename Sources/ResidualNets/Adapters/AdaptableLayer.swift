import TorchCore

/// A layer x ↦ W x + b, over images or over features: what a correction has to know of it. Matrices act on channels (or
/// features) alone.
protocol AdaptableLayer: Module {
  var site: String { get }
  /// out×in, or out×in×k×k.
  var weight: Parameter { get }
  var ownBias: Parameter? { get }
  var constraint: (any NormConstraint)? { get }
  var isConvolution: Bool { get }

  func effectiveWeight(_ mode: Mode) throws -> Tensor
  /// W x + b for some W and b.
  func apply(_ weight: Tensor, _ bias: Tensor?, to x: Tensor) throws -> Tensor
  /// W x + b + s·A x, where A acts on an image at the pixels that the layer's strides come to.
  func apply(_ weight: Tensor, _ bias: Tensor?, beside map: ChannelMap, _ mode: Mode, to x: Tensor) throws -> Tensor
  /// A y of something that lies where the layer's outputs lie.
  func applyBehind(_ matrix: Tensor, to y: Tensor) throws -> Tensor
  /// The weight whose layer is that of W and a matrix beside it: W + A.
  func adding(_ matrix: Tensor, to weight: Tensor) throws -> Tensor
  func constrain(_ weight: Tensor, by constraint: any NormConstraint, _ mode: Mode) throws -> Tensor
  /// Upper bounds on the norms of W and of |W| as operators.
  func operatorBounds(of weight: Tensor) throws -> (norm: Double, absolute: Double)
}

extension AdaptableLayer {
  var outputs: Int { weight.value.size(0) }
  var inputs: Int { weight.value.size(1) }

  /// A W.
  func multiplying(_ matrix: Tensor, by weight: Tensor) throws -> Tensor {
    try matrix.matmul(weight.reshaped([weight.size(0), -1])).reshaped([matrix.size(0)] + weight.shape[1...])
  }
}
