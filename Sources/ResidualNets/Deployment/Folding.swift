import OperatorNorms
import TorchCore

// Folding happens in double precision; the deployed constants are rounded once, to the network's own type.

/// A convolution on its way to deployment: weight and bias in float64.
struct DeployedConvolution {
  let name: String
  let weight: Tensor
  let bias: Tensor?
  let geometry: ConvolutionGeometry
  let dtype: DType
  private let foldsNorms: Bool
  /// See ``Stage/allowance``.
  let allowance: Double

  /// The layer with the task's correction merged and its constraint applied.
  init(_ layer: Conv2d, _ passage: Passage) throws {
    name = layer.site
    let merged = try passage.merged(layer)
    weight = try merged.weight.to(.float64)
    bias = try merged.bias?.to(.float64)
    geometry = layer.geometry
    dtype = try merged.weight.dtype
    foldsNorms = passage.foldsNorms
    allowance = try passage.allowance(layer)
  }

  /// A convolution with its inputs or outputs multiplied by `scale`.
  private init(_ base: DeployedConvolution, weight: Tensor, bias: Tensor?, scale: Tensor) throws {
    (name, geometry, dtype, foldsNorms) = (base.name, base.geometry, base.dtype, base.foldsNorms)
    (self.weight, self.bias) = (weight, bias)
    allowance = base.allowance == 0 ? 0 : base.allowance.timesUp(try scale.abs().max().item())
  }

  /// W diag(scale): the convolution of inputs multiplied by `scale` per channel.
  func scalingInputs(_ scale: Tensor?) throws -> DeployedConvolution {
    guard let scale else { return self }
    return try DeployedConvolution(self, weight: weight * scale.reshaped([1, -1, 1, 1]), bias: bias, scale: scale)
  }

  /// The norm that follows, folded in; or, where it cannot fold, as stages behind the convolution.
  func absorbing(_ norm: (any Norm)?) throws -> (DeployedConvolution, [Stage]) {
    switch try norm?.deployed() {
    case nil: return (self, [])
    case .affine(let scale, let shift) where !foldsNorms:
      let affine = try Operation.affine(scale: scale.to(dtype), shift: shift.to(dtype))
      return (self, [Stage(norm?.site ?? name, affine)])
    case .affine(let scale, let shift):
      let foldedBias = try bias.map { try $0 * scale + shift } ?? shift
      let folded = try weight * scale.reshaped([-1, 1, 1, 1])
      return (try DeployedConvolution(self, weight: folded, bias: foldedBias, scale: scale), [])
    case .operation(let operation):
      return (self, [Stage(norm?.site ?? name, operation)])
    }
  }

  var stage: Stage {
    get throws {
      try Stage(
        name,
        .convolution(weight: weight.to(dtype).channelsLast(), bias: bias?.to(dtype), geometry: geometry),
        allowance: allowance)
    }
  }
}

/// norm → φ in front of a linear operation, as pre-activation has it.
///
/// The norm s·h + t cannot fold into an operation before it, since the shortcut needs h itself. Because
/// φ(s·h + t) = |s|·φ(sign(s)·h + t/|s|), the magnitude |s| moves through the ReLU into the operation behind; sign and
/// shift stay in front, where their Lipschitz constant is 1. MaxMin compares channels, so before it the norm stays
/// whole.
struct DeployedActivation {
  let stages: [Stage]
  /// |s| per channel in float64, to be multiplied into the inputs of the next operation.
  let outputScale: Tensor?

  /// A magnitude below this, against its shift, stays in front: dividing by it would lose the shift's precision.
  private static let smallestMagnitude = 1e-4

  /// - Parameter folds: whether the magnitude moves, where the activation lets it.
  init(_ norm: (any Norm)?, name: String, _ activation: Activation, folds: Bool) throws {
    let activated = activation.stage("\(name).")
    switch try norm?.deployed() {
    case nil:
      stages = [activated]
      outputScale = nil
    case .operation(let operation):
      stages = [Stage(name, operation), activated]
      outputScale = nil
    case .affine(let scale, let shift):
      let dtype = try norm.map { try Members(of: $0).parameters.values.first?.value.dtype ?? .float32 } ?? .float32
      guard folds, activation == .relu else {
        stages = [Stage(name, .affine(scale: try scale.to(dtype), shift: try shift.to(dtype))), activated]
        outputScale = nil
        return
      }
      let magnitude = try scale.abs()
      let ones = try magnitude * 0 + 1
      let moves = try magnitude.greater(Self.smallestMagnitude)
      let moved = try moves.select(magnitude, ones)
      let sign = try moves.select(scale.sign(), scale)
      let allPositive = try sign.equal(1).allTrue()
      stages = [
        Stage(name, .affine(scale: allPositive ? nil : try sign.to(dtype), shift: try (shift / moved).to(dtype))),
        activated,
      ]
      outputScale = moved
    }
  }
}

extension Passage {
  /// A fully connected layer with the task's correction merged and its constraint applied.
  func deployed(_ layer: Linear) throws -> Stage {
    let (weight, bias) = try merged(layer)
    return try Stage(
      layer.site, .linear(weight: weight, bias: bias), allowance: allowance(layer))
  }

  /// The task's norm as a stage of its own, where no convolution could take it in.
  /// - Throws: `DescriptionError` where the norm is one that folds.
  func deployed(_ norm: (any Norm)?) throws -> [Stage] {
    guard let norm = self.norm(norm) else { return [] }
    guard case .operation(let operation) = try norm.deployed() else {
      throw DescriptionError("norm '\(norm.site)' folds into a convolution, and there is none beside it")
    }
    return [Stage(norm.site, operation)]
  }
}
