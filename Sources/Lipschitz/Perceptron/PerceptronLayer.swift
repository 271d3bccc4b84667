import OperatorNorms
import TorchCore

/// What a perceptron does between two activations: h ↦ W h + b, in double precision on the CPU.
///
/// Where several stages make one map (a normalisation before a linear layer, two linear layers in a row) their product
/// was rounded, and the true matrix differs from `weight` by at most γ_r · `magnitude` in each element.
struct PerceptronLayer {
  let name: String
  /// out×in.
  var weight: Tensor
  /// out×in: the product of the absolute values of all factors; |weight| where there is but one.
  var magnitude: Tensor
  /// r, 0 where `weight` is the true matrix.
  var roundings: Int
  /// out. Rounded without account: constants do not depend on it, only searches use it.
  var bias: Tensor
  /// Whether MaxMin follows, on outputs i and i + out/2, and not ReLU.
  var sortsPairs = false

  /// How many decisions the activation behind it takes: one a neuron, or one a pair.
  var decisions: Int { sortsPairs ? outputs / 2 : outputs }
  var outputs: Int { weight.size(0) }
  var inputs: Int { weight.size(1) }

  /// At least ‖W − weight‖₂, W the true matrix.
  func error() throws -> Double {
    // Twice, because the magnitude was rounded in the same way.
    roundings == 0 ? 0 : try (2 * Rounding.gamma(roundings)).timesUp(magnitude.frobeniusUp())
  }

  /// At least ‖W‖₂.
  func norm() throws -> Double { try OperatorNorm.upperBound(ofMatrix: weight).plusUp(error()) }

  /// The neurons (rows) at `places` alone.
  func selecting(outputs places: Tensor) throws -> PerceptronLayer {
    PerceptronLayer(
      name: name, weight: try weight.selecting(0, places), magnitude: try magnitude.selecting(0, places),
      roundings: roundings, bias: try bias.selecting(0, places))
  }

  /// What is left where only the inputs at `places` are not constant.
  func selecting(inputs places: Tensor) throws -> PerceptronLayer {
    PerceptronLayer(
      name: name, weight: try weight.selecting(1, places), magnitude: try magnitude.selecting(1, places),
      roundings: roundings, bias: bias)
  }
}

extension Tensor {
  /// At least the root of the sum of all squares.
  func frobeniusUp() throws -> Double { try norm().item().timesUp(1 + Rounding.gamma(count)) }
}
