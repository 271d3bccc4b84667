import OperatorNorms
import ResidualNets
import TorchCore

extension Stage {
  /// The layer as an affine map, its constants in double precision; nil where it is not one.
  /// - Parameters:
  ///   - input: the shape of what comes in.
  ///   - output: the shape of what goes out.
  func affineMap(from input: SampleShape, to output: SampleShape) throws -> AffineMap? {
    switch operation {
    case .normalize(let mean, let std):
      let largest = try std.max().item()
      let (std, shift) = (try std.spread(over: input), try (mean / std).spread(over: input))
      return try AffineMap(
        apply: apply, absolute: { try $0 / std }, adjoint: { try $0 / std },
        bias: shift.negated().filling(output), rowNorms: (1 / std) * Self.outward(1), inner: 3, adjointInner: 1,
        passing: max(1, largest))
    case .affine(let scale, let shift):
      let factor = try scale ?? shift.zerosLike() + 1
      return try diagonal(factor.spread(over: input), bias: shift.spread(over: input).filling(output), inner: 2)
    case .scale(let factor):
      return try diagonal(Tensor.full(factor, [1], dtype: .float64), bias: nil, inner: 1)
    case .offset(let offset):
      return try diagonal(Tensor.ones([1], dtype: .float64), bias: offset.reshaped([1] + output.lengths), inner: 2)
    case .linear(let weight, let bias):
      let magnitude = try weight.abs()
      return try AffineMap(
        apply: apply, absolute: { try $0.linear(magnitude) }, adjoint: { try $0.matmul(weight) },
        bias: bias?.filling(output), rowNorms: weight.norm(2, [1]) * Self.outward(weight.size(1)),
        inner: weight.size(1) + 2, adjointInner: weight.size(0))
    case .convolution(let weight, let bias, let geometry):
      return try convolution(weight, bias, geometry, from: input, to: output)
    case .averagePool(let kernel, let stride, let padding):
      let (channels, size) = try input.image(at: name)
      let area = kernel * kernel
      let weight = try Tensor.full(1 / Double(area), [channels, 1, kernel, kernel], dtype: .float64)
      let geometry = ConvolutionGeometry(stride: stride, padding: padding, groups: channels)
      return try AffineMap(
        apply: apply, absolute: apply,
        adjoint: { try $0.conv2dAdjoint(weight, geometry, inputSize: size) }, bias: nil,
        rowNorms: Tensor.full(Self.outward(1) / Double(kernel), [1], dtype: .float64), inner: area + 2,
        adjointInner: area + 2, passing: Double(area))
    case .globalAveragePool:
      let (channels, size) = try input.image(at: name)
      return try mean(over: size[0] * size[1]) {
        try $0.reshaped([-1, channels, 1, 1]).expanded([-1, -1] + size)
      }
    case .tokenMean:
      let (count, width) = try input.tokens(at: name)
      return try mean(over: count) { try $0.reshaped([-1, 1, width]).expanded([-1, count, -1]) }
    case .flatten:
      return try moving { try $0.reshaped([-1] + input.lengths) }
    case .patches:
      return try moving { try $0.permuted([0, 2, 1]).reshaped([-1] + input.lengths) }
    case .groupNorm, .relu, .maxMin, .maxPool, .residual, .highway, .implicit, .layerNorm, .gelu, .attention:
      return nil
    }
  }

  /// Makes a computed norm of so many numbers an upper bound.
  private static func outward(_ count: Int) -> Double { 1 + LocalRounding.own(count) }

  private func diagonal(_ factor: Tensor, bias: Tensor?, inner: Int) throws -> AffineMap {
    let magnitude = try factor.abs()
    return AffineMap(
      apply: apply, absolute: { try $0 * magnitude }, adjoint: { try $0 * factor }, bias: bias,
      rowNorms: magnitude, inner: inner, adjointInner: 1)
  }

  private func mean(over count: Int, spreading: @escaping (Tensor) throws -> Tensor) throws -> AffineMap {
    try AffineMap(
      apply: apply, absolute: apply, adjoint: { try spreading($0 / Double(count)) }, bias: nil,
      rowNorms: Tensor.full(Self.outward(1) / Double(count).squareRoot(), [1], dtype: .float64), inner: count + 2,
      adjointInner: 1, passing: Double(count))
  }

  /// a − b of each pair (a, b) that MaxMin sorts.
  static func differencesOfPairs(in input: SampleShape) throws -> AffineMap {
    /// The axis of channels in a batch.
    let axis = input.lengths.count == 2 ? 2 : 1
    func halves(_ x: Tensor) throws -> (Tensor, Tensor) { try x.halves(axis) }
    return try AffineMap(
      apply: { x in
        let (a, b) = try halves(x)
        return try a - b
      },
      absolute: { x in
        let (a, b) = try halves(x)
        return try a + b
      },
      adjoint: { try .concatenated([$0, $0.negated()], axis) }, bias: nil,
      rowNorms: .full(2.0.squareRootUp, [1], dtype: .float64), inner: 2, adjointInner: 1)
  }

  private func moving(back: @escaping (Tensor) throws -> Tensor) throws -> AffineMap {
    try AffineMap(
      apply: apply, absolute: apply, adjoint: back, bias: nil, rowNorms: .ones([1], dtype: .float64), inner: 0,
      adjointInner: 0, isExact: true)
  }

  private func convolution(
    _ weight: Tensor, _ bias: Tensor?, _ geometry: ConvolutionGeometry, from input: SampleShape, to output: SampleShape
  ) throws -> AffineMap {
    let size = try input.image(at: name).size
    let magnitude = try weight.abs()
    let inner = weight.count / weight.size(0)
    // At the border a window reads fewer pixels, and its row is shorter.
    let squares = try Tensor.ones([1] + input.lengths, dtype: .float64).conv2d(weight.squared(), nil, geometry)
    return try AffineMap(
      apply: apply, absolute: { try $0.conv2d(magnitude, nil, geometry) },
      adjoint: { try $0.conv2dAdjoint(weight, geometry, inputSize: size) },
      bias: bias?.spread(over: output).filling(output), rowNorms: squares.sqrt() * Self.outward(inner),
      inner: inner + 2, adjointInner: weight.size(0) / geometry.groups * weight.size(2) * weight.size(3))
  }
}

extension Tensor {
  /// The first and the second half along an axis.
  func halves(_ axis: Int) throws -> (Tensor, Tensor) {
    let half = size(axis) / 2
    return try (narrowed(axis, from: 0, count: half), narrowed(axis, from: half, count: half))
  }

  /// A vector over channels, shaped to broadcast over samples of the shape.
  fileprivate func spread(over shape: SampleShape) throws -> Tensor {
    try reshaped(shape.lengths.count == 3 ? [1, -1, 1, 1] : [1] + shape.lengths.dropLast().map { _ in 1 } + [-1])
  }

  /// A constant repeated to the full shape of one sample, with a batch axis of 1.
  fileprivate func filling(_ shape: SampleShape) throws -> Tensor {
    try (Tensor.zeros([1] + shape.lengths, dtype: .float64) + self).contiguous()
  }
}
