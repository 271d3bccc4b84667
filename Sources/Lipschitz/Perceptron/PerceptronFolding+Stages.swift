import OperatorNorms
import ResidualNets
import TorchCore

extension PerceptronFolding {
  /// The linear maps of a network of linear layers, ReLUs and MaxMins, and scalings and shifts of single elements.
  /// - Throws: ``LipschitzError`` naming the first stage that is something else, has a number that is not finite, or
  ///   does not fit its input.
  static func layers(of stages: [Stage], inputShape: [Int]) throws -> [PerceptronLayer] {
    var folding = PerceptronFolding()
    var shape = SampleShape(lengths: inputShape)
    for stage in stages {
      do {
        let input = shape
        shape = try stage.outputShape(of: input)
        try folding.append(stage, input: input)
      } catch let error as ShapeError {
        throw LipschitzError.shape(layer: error.layer, reason: error.reason)
      } catch let error as OperatorNormError {
        throw LipschitzError.unboundable(layer: stage.name, reason: error.description)
      }
    }
    return try folding.finish()
  }

  private mutating func append(_ stage: Stage, input: SampleShape) throws {
    let name = stage.name
    func refusal(_ reason: String) -> LipschitzError { .unboundable(layer: name, reason: reason) }
    guard input.lengths.count != 2 else { throw refusal("the tight bound takes features or images, not tokens") }
    guard stage.allowance == 0 else { throw refusal("the tight bound needs its final weights") }
    func elements(_ channels: Tensor) throws -> Tensor {
      let values = try channels.exactDoubles().reshaped([-1, 1])
      return try values.expanded([values.count, input.count / values.count]).reshaped([-1])
    }
    switch stage.operation {
    case .flatten: break
    case .relu: try rectify(at: name, width: input.count)
    // Channels lie one behind the other, so partners are half the elements apart.
    case .maxMin: try sort(at: name, width: input.count)
    case .linear(let weight, let bias):
      let offset = try bias?.exactDoubles() ?? .zeros([weight.size(0)], dtype: .float64)
      try multiply(by: weight.exactDoubles(), offset, at: name)
    case .normalize(let mean, let std):
      guard try std.doubles().allSatisfy({ $0 > 0 && $0.isFinite }) else {
        throw refusal("a standard deviation is not positive and finite")
      }
      let factor = try 1 / elements(std)
      try scale(by: Scaling(factor: factor, shift: elements(mean).negated() * factor, roundings: 1), at: name)
    case .affine(let factor, let shift):
      let shift = try elements(shift)
      let scaling = try Scaling(
        factor: factor.map(elements) ?? .ones(shift.shape, dtype: .float64), shift: shift, roundings: 0)
      try scale(by: scaling, at: name)
    case .offset(let offset):
      let shift = try offset.exactDoubles().reshaped([-1])
      try scale(
        by: Scaling(factor: .ones(shift.shape, dtype: .float64), shift: shift, roundings: 0), at: name)
    case .scale(let factor):
      guard factor.isFinite else { throw refusal("it multiplies by \(factor)") }
      let factors = try Tensor.full(factor, [input.count], dtype: .float64)
      try scale(by: Scaling(factor: factors, shift: factors.zerosLike(), roundings: 0), at: name)
    case .convolution, .groupNorm, .maxPool, .averagePool, .globalAveragePool, .residual, .highway, .implicit,
      .patches, .layerNorm, .gelu, .attention, .tokenMean:
      throw refusal("the tight bound is for linear layers with ReLU or MaxMin between them, and for nothing else")
    }
  }
}
