import OperatorNorms
import TorchCore

extension Stage {
  /// The shape of what comes out: the one place that knows it of every operation.
  /// - Throws: ``ShapeError`` naming the layer that does not fit what comes in.
  public func outputShape(of input: SampleShape) throws -> SampleShape {
    switch operation {
    case .normalize(let mean, let std):
      try input.require(channels: mean.count, at: name)
      try input.require(channels: std.count, at: name)
      return input
    case .affine(_, let shift):
      try input.require(channels: shift.count, at: name)
      return input
    case .groupNorm(_, let weight, _, _):
      guard input.lengths.count != 2 else {
        throw ShapeError(layer: name, reason: "group norm takes channels of an image, not tokens")
      }
      try input.require(channels: weight.count, at: name)
      return input
    case .layerNorm(let weight, _, _):
      let width = try input.tokens(at: name).width
      guard width == weight.count else {
        throw ShapeError(layer: name, reason: "it has \(weight.count) features, but gets tokens of \(width)")
      }
      return input
    case .relu, .gelu, .scale: return input
    case .maxMin:
      let channels = input.lengths.count == 2 ? input.lengths[1] : input.lengths.first
      guard let channels, channels.isMultiple(of: 2) else {
        throw ShapeError(layer: name, reason: "MaxMin takes channels in pairs, but gets \(input.lengths)")
      }
      return input
    case .offset(let offset):
      guard offset.shape == input.lengths else {
        throw ShapeError(layer: name, reason: "a constant of \(offset.shape) meets \(input.lengths)")
      }
      return input
    case .patches:
      let (channels, size) = try input.image(at: name)
      return SampleShape(lengths: [size[0] * size[1], channels])
    case .attention(let heads):
      let (count, width) = try input.tokens(at: name)
      guard heads > 0, width.isMultiple(of: 3 * heads) else {
        throw ShapeError(layer: name, reason: "queries, keys and values of \(heads) heads are no \(width) features")
      }
      return SampleShape(lengths: [count, width / 3])
    case .tokenMean: return SampleShape(lengths: [try input.tokens(at: name).width])
    case .convolution(let weight, _, let geometry):
      return try convolved(input, weight, geometry)
    case .linear(let weight, _):
      guard weight.rank == 2, (1...2).contains(input.lengths.count), input.lengths.last == weight.size(1) else {
        throw ShapeError(layer: name, reason: "a weight of \(weight.shape) meets an input of \(input.lengths)")
      }
      return SampleShape(lengths: input.lengths.dropLast() + [weight.size(0)])
    case .maxPool(let kernel, let stride, let padding), .averagePool(let kernel, let stride, let padding):
      return try input.pooled(kernel: kernel, stride: stride, padding: padding, at: name)
    case .globalAveragePool: return SampleShape(lengths: [try input.image(at: name).channels])
    case .flatten: return SampleShape(lengths: [input.count])
    case .residual(let shortcut, let branch, _):
      return try sum(shortcut.outputShape(of: input), branch.outputShape(of: input))
    case .highway(let shortcut, let gate, let branch):
      let carried = try shortcut.outputShape(of: input)
      return try sum(sum(carried, gate.outputShape(of: carried)), branch.outputShape(of: input))
    case .implicit(let branch, _):
      let output = try branch.outputShape(of: input)
      guard output == input else {
        throw ShapeError(layer: name, reason: "its branch makes \(output.lengths) of \(input.lengths)")
      }
      return output
    }
  }

  private func convolved(
    _ input: SampleShape, _ weight: Tensor, _ geometry: ConvolutionGeometry
  ) throws -> SampleShape {
    let (channels, size) = try input.image(at: name)
    let convolution: ConvolutionOperator
    do {
      convolution = try ConvolutionOperator(weight: weight, geometry: geometry, inputSize: size)
    } catch let error as OperatorNormError {
      throw ShapeError(layer: name, reason: error.description)
    }
    guard channels == convolution.inputChannels else {
      throw ShapeError(layer: name, reason: "it has \(convolution.inputChannels) input channels, but gets \(channels)")
    }
    return SampleShape(lengths: [convolution.outputChannels] + convolution.outputSize)
  }

  private func sum(_ shortcut: SampleShape, _ branch: SampleShape) throws -> SampleShape {
    guard shortcut == branch else {
      throw ShapeError(layer: name, reason: "shortcut \(shortcut.lengths) and branch \(branch.lengths) do not add")
    }
    return shortcut
  }
}

extension [Stage] {
  /// The shape behind the last stage.
  /// - Throws: ``ShapeError``.
  public func outputShape(of input: SampleShape) throws -> SampleShape {
    try reduce(input) { try $1.outputShape(of: $0) }
  }
}
