import OperatorNorms
import TorchCore

extension Linear: AdaptableLayer {
  var ownBias: Parameter? { bias }
  var isConvolution: Bool { false }

  func apply(_ weight: Tensor, _ bias: Tensor?, to x: Tensor) throws -> Tensor { try x.linear(weight, bias) }

  func apply(_ weight: Tensor, _ bias: Tensor?, beside map: ChannelMap, _ mode: Mode, to x: Tensor) throws -> Tensor {
    try x.linear(weight, bias) + map.apply(to: x, mode) { try $1.linear($0) }
  }

  func applyBehind(_ matrix: Tensor, to y: Tensor) throws -> Tensor { try y.linear(matrix) }

  func adding(_ matrix: Tensor, to weight: Tensor) throws -> Tensor { try weight + matrix }

  func constrain(_ weight: Tensor, by constraint: any NormConstraint, _ mode: Mode) throws -> Tensor {
    try constraint.constrain(matrix: weight, mode)
  }

  func operatorBounds(of weight: Tensor) throws -> (norm: Double, absolute: Double) {
    try (OperatorNorm.upperBound(ofMatrix: weight), OperatorNorm.absoluteBound(ofMatrix: weight))
  }
}
