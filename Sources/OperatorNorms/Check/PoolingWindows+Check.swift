import TorchCore

/// The constants of pooling by other means than ``PoolingWindows/maximumNorm`` and ``PoolingWindows/meanNorm()``.
extension PoolingWindows {
  /// How many windows share a pixel at most: counted by the adjoint of a convolution with ones.
  package func checkedSharing() throws -> Double {
    let counting = try ConvolutionOperator(
      weight: .ones([1, 1, kernel, kernel], dtype: .float64), geometry: .init(stride: stride, padding: padding),
      inputSize: inputSize)
    return try counting.adjoint(.ones([1, 1] + counting.outputSize, dtype: .float64)).max().item().rounded()
  }

  /// The norm of the mean, rounded up: both axes as convolutions with ones, by a decomposition with residuals where
  /// their matrix is small and windows overlap, else by absolute sums.
  package func checkedMeanNorm() throws -> Double {
    let axes = try inputSize.map { size in
      let axis = try ConvolutionOperator(
        weight: .ones([1, 1, kernel, 1], dtype: .float64),
        geometry: ConvolutionGeometry(stride: [stride, 1], padding: [padding, 0], dilation: [1, 1], groups: 1),
        inputSize: [size, 1])
      let isSmall = kernel > stride && size * axis.outputSize[0] <= 1 << 16
      return try OperatorNorm.checkedBound(
        of: axis, by: isSmall ? .matrix(rows: axis.outputSize[0], columns: size) : .absoluteSums)
    }
    return (axes[0].timesUp(axes[1]) / Double(kernel * kernel)).nextUp
  }
}
