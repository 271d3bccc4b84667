import TorchCore

extension ConvolutionOperator {
  /// The convolution whose adjoint is a transposed convolution (without its bias), and which therefore has the same
  /// singular values: its norm is the transposed one's.
  /// - Parameters:
  ///   - weight: in×(out/groups)×k×k of the transposed convolution, as PyTorch's ConvTranspose2d keeps it.
  ///   - inputSize: height and width of what the transposed convolution takes.
  ///   - outputPadding: rows and columns added to its output at the end, each less than the stride.
  /// - Throws: ``OperatorNormError/invalidOperator(_:)`` where these do not fit together.
  public init(
    transposed weight: Tensor, geometry: ConvolutionGeometry, inputSize: [Int], outputPadding: [Int] = [0, 0]
  ) throws {
    let pairs = [geometry.stride, geometry.padding, geometry.dilation, inputSize, outputPadding]
    guard weight.rank == 4, pairs.allSatisfy({ $0.count == 2 && $0.allSatisfy { (0..<1 << 20).contains($0) } }),
      weight.shape.allSatisfy({ (1..<1 << 20).contains($0) }), inputSize.allSatisfy({ $0 > 0 })
    else {
      throw OperatorNormError.invalidOperator("sizes of a transposed convolution with a weight of \(weight.shape)")
    }
    guard (0..<2).allSatisfy({ outputPadding[$0] < max(1, geometry.stride[$0]) }) else {
      throw OperatorNormError.invalidOperator("an output padding of \(outputPadding), stride \(geometry.stride)")
    }
    let outputSize = (0..<2).map { axis in
      (inputSize[axis] - 1) * geometry.stride[axis] - 2 * geometry.padding[axis]
        + geometry.dilation[axis] * (weight.size(axis + 2) - 1) + 1 + outputPadding[axis]
    }
    try self.init(weight: weight, geometry: geometry, inputSize: outputSize)
  }
}
