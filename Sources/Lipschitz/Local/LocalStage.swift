import OperatorNorms
import ResidualNets
import TorchCore

/// A stage as local bounds see it: prepared once for a network, with its global Lipschitz constant.
struct LocalStage {
  enum Kind {
    case affine(AffineMap)
    case relu
    case gelu
    /// With a − b of each pair.
    case maxMin(AffineMap)
    case maxPool
    /// shortcut + scale · branch.
    case residual(shortcut: [LocalStage], branch: [LocalStage], scale: Double)
  }

  let kind: Kind
  /// The stage itself, its constants in double precision.
  let stage: Stage
  /// No less than the stage's L2 Lipschitz constant; nil where none is known, and balls then come from boxes alone.
  let lipschitz: Double?
  let input: SampleShape

  var name: String { stage.name }

  /// How many nonlinear units it and the stages inside it have.
  var activations: Int {
    switch kind {
    case .relu, .gelu: input.count
    case .maxMin: input.count / 2
    case .residual(let shortcut, let branch, _): (shortcut + branch).reduce(0) { $0 + $1.activations }
    case .affine, .maxPool: 0
    }
  }
}

/// Prepares the stages of a network, or refuses one by name.
struct LocalPreparation {
  let basis: CertificateBasis

  /// - Parameters:
  ///   - stages: with constants in double precision.
  ///   - bounds: of these stages; nil for none.
  ///   - shape: of a sample, moved along.
  /// - Throws: ``LipschitzError`` naming the layer.
  func prepare(_ stages: [Stage], _ bounds: [StageBound]?, shape: inout SampleShape) throws -> [LocalStage] {
    if let bounds, bounds.map(\.name) != stages.map(\.name) {
      throw LipschitzError.otherNetwork(reason: "layers \(bounds.map(\.name)) meet \(stages.map(\.name))")
    }
    var prepared: [LocalStage] = []
    for (index, stage) in stages.enumerated() {
      let input = shape
      do {
        shape = try stage.outputShape(of: input)
      } catch let error as ShapeError {
        throw LipschitzError.shape(layer: error.layer, reason: error.reason)
      }
      let bound = bounds?[index]
      let kind = try kind(stage, bound, from: input, to: shape)
      prepared.append(LocalStage(kind: kind, stage: stage, lipschitz: bound?.upper, input: input))
    }
    return prepared
  }

  private func kind(
    _ stage: Stage, _ bound: StageBound?, from input: SampleShape, to output: SampleShape
  ) throws -> LocalStage.Kind {
    if let map = try stage.affineMap(from: input, to: output) { return .affine(map) }
    func refused(_ reason: String) -> LipschitzError { .noLocalBound(layer: stage.name, reason: reason) }
    switch stage.operation {
    case .relu: return .relu
    case .maxMin: return try .maxMin(Stage.differencesOfPairs(in: input))
    case .gelu:
      guard basis == .realArithmetic else {
        throw LipschitzError.unsupportedBasis(
          reason: "the single-precision error of GELU '\(stage.name)' has no bound")
      }
      return .gelu
    case .maxPool: return .maxPool
    case .residual(let shortcut, let branch, let scale):
      var parts: (shortcut: [StageBound], branch: [StageBound])?
      if let bound {
        guard case .residual(let first, let second, scale) = bound.kind else {
          throw LipschitzError.otherNetwork(reason: "block '\(stage.name)' is of another kind")
        }
        parts = (first, second)
      }
      var (left, right) = (input, input)
      return .residual(
        shortcut: try prepare(shortcut, parts?.shortcut, shape: &left),
        branch: try prepare(branch, parts?.branch, shape: &right), scale: scale)
    case .groupNorm: throw refused("group norm divides by a statistic of the sample, which no interval follows")
    case .layerNorm: throw refused("layer norm divides by a statistic of the token, which no interval follows")
    case .attention: throw refused("self-attention multiplies functions of the input")
    case .highway: throw refused("a highway gate multiplies two functions of the input")
    case .implicit: throw refused("an implicit block is a root, and not computed layer by layer")
    case .normalize, .convolution, .linear, .affine, .averagePool, .globalAveragePool, .flatten, .scale, .patches,
      .offset, .tokenMean:
      throw refused("it is no affine map of its input")
    }
  }
}
