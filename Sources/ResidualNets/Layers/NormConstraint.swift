import RandomStreams
import TorchCore

/// Keeps the norm of a layer's operator (zero padding, stride and input size included) at or near a budget, whatever
/// weight is learned.
public protocol NormConstraint: Module {
  /// c, the largest norm allowed.
  var budget: Double { get }

  /// The weight that acts, as a differentiable function of the one that is learned.
  /// - Parameter weight: out×in.
  func constrain(matrix weight: Tensor, _ mode: Mode) throws -> Tensor
  /// The weight that acts, as a differentiable function of the one that is learned.
  /// - Parameters:
  ///   - weight: out×(in/groups)×k×k.
  ///   - inputSize: height and width.
  func constrain(
    kernel weight: Tensor, _ geometry: ConvolutionGeometry, _ inputSize: [Int], _ mode: Mode
  ) throws -> Tensor
  /// A constraint of its own with the same budget, for a task's adapter.
  func copy() throws -> any NormConstraint
}

extension NetworkDescription.ConstraintKind {
  /// - Parameter vectorShape: that of a layer's input.
  func make(budget: Double, vectorShape: [Int], stream: RandomStream) throws -> any NormConstraint {
    switch self {
    case .spectral: try SpectralConstraint(budget: budget, vectorShape: vectorShape, stream: stream)
    case .almostOrthogonal: AlmostOrthogonalConstraint(budget: budget)
    }
  }
}
