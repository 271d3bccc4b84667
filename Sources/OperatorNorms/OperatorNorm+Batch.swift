import TorchCore

extension OperatorNorm {
  /// A rigorous upper bound on the largest singular value of every matrix of a batch B×m×n.
  /// - Throws: ``OperatorNormError`` unless `matrices` is a non-empty batch of finite real matrices.
  public static func upperBound(ofMatrices matrices: Tensor) throws -> Double {
    guard matrices.rank == 3, matrices.count > 0, try matrices.dtype.isFloatingPoint else {
      throw OperatorNormError.invalidOperator("a tensor of shape \(matrices.shape) is no batch of real matrices")
    }
    let matrices = try matrices.exactDoubles()
    guard let scale = try scale(of: matrices) else { return 0 }
    return try withoutGradients {
      var iteration = GramIteration()
      try iteration.include(real: matrices / scale)
      let value = iteration.bound.timesUp(scale)
      guard value.isFinite else { throw OperatorNormError.notFinite("it is beyond the largest double") }
      return value
    }
  }
}
