import TorchCore

/// Upper bounds found again by other means than those of ``OperatorNorm/bound(of:)``, to check what it says. Each way
/// ends within a few rounding errors of the number that the same way gives there.
extension OperatorNorm {
  /// A rigorous upper bound on the norm of a zero-padded convolution, by the way that `method` names:
  ///
  /// - a matrix: from the adjoint's columns, by a decomposition with residuals (``EigenvalueBound``);
  /// - a spectrum: at the same frequencies, whose sufficiency is found by enumeration (``AxisCheck``), transformed axis
  ///   by axis, each matrix by a decomposition with residuals;
  /// - an unfolded kernel: by the same decomposition, its repeats counted on the image itself;
  /// - absolute sums: the convolution with |weights| and its adjoint, of ones.
  /// - Throws: ``OperatorNormError`` where the weights are not finite or the method does not bound this operator.
  package static func checkedBound(of convolution: ConvolutionOperator, by method: Method) throws -> Double {
    let exact = try convolution.inDoublePrecision()
    guard let scale = try scale(of: exact.weight) else { return 0 }
    let scaled = try ConvolutionOperator(
      weight: exact.weight / scale, geometry: exact.geometry, inputSize: exact.inputSize)
    return try withoutGradients {
      let bound =
        switch method {
        case .matrix: try EigenvalueBound.largestSingularValue(of: adjointMatrix(scaled))
        case .spectrum(let points): try SeparableSymbol(scaled, points: points).bound()
        case .unfoldedKernel: try unfolded(scaled)
        case .absoluteSums: try absoluteNorm(scaled)
        case .zero: throw OperatorNormError.invalidOperator("its weights are not all zero")
        }
      return bound.timesUp(scale)
    }
  }

  /// A rigorous upper bound on the largest singular value of a matrix, by a decomposition with residuals.
  /// - Throws: ``OperatorNormError`` unless `matrix` is a finite real matrix.
  package static func checkedBound(ofMatrix matrix: Tensor) throws -> Double {
    guard matrix.rank == 2, matrix.count > 0, try matrix.dtype.isFloatingPoint else {
      throw OperatorNormError.invalidOperator("a tensor of shape \(matrix.shape) is not a non-empty real matrix")
    }
    return try withoutGradients {
      try EigenvalueBound.largestSingularValue(of: matrix.exactDoubles().reshaped([1] + matrix.shape))
    }
  }

  /// √(‖A‖₁‖A‖∞) of the operator with |weights|: the largest output and the largest pull on an input, of ones.
  package static func checkedAbsoluteBound(of convolution: ConvolutionOperator) throws -> Double {
    try withoutGradients { try absoluteNorm(convolution.inDoublePrecision()) }
  }

  private static func absoluteNorm(_ convolution: ConvolutionOperator) throws -> Double {
    let absolute = try ConvolutionOperator(
      weight: convolution.weight.abs(), geometry: convolution.geometry, inputSize: convolution.inputSize)
    let inputs = try Tensor.ones([1, absolute.inputChannels] + absolute.inputSize, dtype: .float64)
    let outputs = try Tensor.ones([1, absolute.outputChannels] + absolute.outputSize, dtype: .float64)
    let inflation = 1 + Rounding.gamma(absolute.weight.count)
    let rows = try absolute.apply(inputs).max().item().timesUp(inflation)
    let columns = try absolute.adjoint(outputs).max().item().timesUp(inflation)
    // Transforms that a library may use for speed can leave a zero a little below zero.
    return max(0, columns).squareRootUp.timesUp(max(0, rows).squareRootUp)
  }

  /// 1×(out·H'·W')×(in·H·W).
  private static func adjointMatrix(_ convolution: ConvolutionOperator) throws -> Tensor {
    let rows = convolution.outputChannels * convolution.outputSize.reduce(1, *)
    let columns = convolution.inputChannels * convolution.inputSize.reduce(1, *)
    guard Double(rows) * Double(columns) * Double(min(rows, columns)) <= 1e9 else {
      throw OperatorNormError.invalidOperator("a matrix of \(rows)×\(columns) is too large to check it by")
    }
    let basis = try Tensor.eye(rows, dtype: .float64)
    return try convolution.adjoint(basis.reshaped([rows, convolution.outputChannels] + convolution.outputSize))
      .reshaped([1, rows, columns])
  }

  private static func unfolded(_ convolution: ConvolutionOperator) throws -> Double {
    let (weight, groups) = (convolution.weight, convolution.geometry.groups)
    var geometry = convolution.geometry
    geometry.groups = 1
    let counting = try ConvolutionOperator(
      weight: .ones([1, 1] + convolution.kernel, dtype: .float64), geometry: geometry,
      inputSize: convolution.inputSize)
    let reads = try counting.adjoint(.ones([1, 1] + counting.outputSize, dtype: .float64)).rounded().max().item()
    let kernels = try weight.reshaped([groups, weight.size(0) / groups, -1])
    return try EigenvalueBound.largestSingularValue(of: kernels).timesUp(max(1, reads).squareRootUp)
  }
}
