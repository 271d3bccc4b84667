import RandomStreams
import TensorFiles
import TorchCore

extension OperatorNorm {
  /// A rigorous upper bound on the norm of a zero-padded convolution; a bias does not matter.
  /// - Throws: ``OperatorNormError`` where the weights are not finite.
  public static func upperBound(of convolution: ConvolutionOperator) throws -> Double {
    try bound(of: convolution).value
  }

  /// The least of several rigorous upper bounds on the norm of a zero-padded convolution.
  ///
  /// Zero padding is not circular, so an FFT at the size of the input is no bound. See ``SampledAxis`` for the torus
  /// that is one, ``ConvolutionSymbol`` for the errors of the symbol, ``GramIteration`` for those of its norm.
  /// - Throws: ``OperatorNormError`` where the weights are not finite.
  public static func bound(of convolution: ConvolutionOperator) throws -> UpperBound {
    let exact = try convolution.inDoublePrecision()
    guard let scale = try scale(of: exact.weight) else { return UpperBound(value: 0, method: .zero) }
    let scaled = try ConvolutionOperator(
      weight: exact.weight / scale, geometry: exact.geometry, inputSize: exact.inputSize)
    return try withoutGradients {
      if isSmall(scaled) { return try least([gramBound(ofMatrix: scaled.matrix())], scale: scale) }
      let symbol = try ConvolutionSymbol(scaled)
      let sums = try symbol.absoluteSums()
      let candidates = [
        try spectrumBound(symbol, absoluteSums: sums) ?? unfoldedBound(scaled),
        UpperBound(value: try rootOfSums(symbol, sums), method: .absoluteSums),
      ]
      return try least(candidates, scale: scale)
    }
  }

  /// Whether the operator's own matrix is cheap: it has no slack at all.
  private static func isSmall(_ convolution: ConvolutionOperator) -> Bool {
    let rows = convolution.outputChannels * convolution.outputSize.reduce(1, *)
    let columns = convolution.inputChannels * convolution.inputSize.reduce(1, *)
    return Double(rows) * Double(columns) * Double(min(rows, columns)) <= 1.5e7
  }

  /// Multiplications that the spectrum of one layer may cost: a few seconds.
  private static let mostWork = 5e10
  /// Complex entries of the symbol held at once: 64 MB with what Gram iteration adds.
  private static let entriesAtOnce = 1 << 20

  /// nil where it would cost too much. Sound at all times: the budget ends refinement, never the coverage.
  static func spectrumBound(_ symbol: ConvolutionSymbol, absoluteSums: Tensor) throws -> UpperBound? {
    let squaring = 4 * Double(symbol.frequencyCount) * Double(symbol.entryCount) * Double(symbol.smallerSide)
    guard 3 * squaring <= mostWork else { return nil }
    var iteration = GramIteration(work: mostWork)
    let step = entriesAtOnce / symbol.entryCount
    for frequencies in (0..<symbol.frequencyCount).batches(of: step) {
      let (real, imaginary) = try symbol.values(at: frequencies)
      try iteration.include(real: real, imaginary: imaginary)
    }
    let error = try symbol.error(absoluteSums: absoluteSums)
    let value = iteration.bound.plusUp(error).timesUp(symbol.inflation)
    return UpperBound(value: value, method: .spectrum(points: symbol.points))
  }

  /// ‖A‖ ≤ √(‖A‖₁‖A‖∞): the largest sum of |weights| that one input feeds, and that one output is fed by.
  static func rootOfSums(_ symbol: ConvolutionSymbol, _ sums: Tensor) throws -> Double {
    let columns = try sums.sum([1]).max().item().timesUp(symbol.sumInflation)
    let rows = try sums.sum([2]).max().item().timesUp(symbol.sumInflation)
    return columns.squareRootUp.timesUp(rows.squareRootUp)
  }

  /// An upper bound on the norm of the convolution with |weights|, which bounds what rounding can do to one.
  /// - Throws: ``OperatorNormError`` where the weights are not finite.
  public static func absoluteBound(of convolution: ConvolutionOperator) throws -> Double {
    let exact = try convolution.inDoublePrecision()
    return try withoutGradients {
      let symbol = try ConvolutionSymbol(exact)
      let bound = try rootOfSums(symbol, symbol.absoluteSums())
      guard bound.isFinite else { throw OperatorNormError.notFinite("it is beyond the largest double") }
      return bound
    }
  }

  /// A is the out×(in·k·k) kernel matrix after the gathering of patches, which repeats a pixel at most as often as taps
  /// share a remainder mod stride.
  static func unfoldedBound(_ convolution: ConvolutionOperator) throws -> UpperBound {
    let weight = convolution.weight
    let rows = weight.size(0) / convolution.geometry.groups
    var iteration = GramIteration(work: mostWork)
    try iteration.include(real: weight.reshaped([convolution.geometry.groups, rows, -1]))
    let repeats = (0..<2).map { axis in
      let remainders = (0..<convolution.kernel[axis]).map {
        $0 * convolution.geometry.dilation[axis] % convolution.geometry.stride[axis]
      }
      return Dictionary(grouping: remainders) { $0 }.values.map(\.count).max() ?? 0
    }
    let root = Double(repeats[0] * repeats[1]).squareRootUp
    return UpperBound(value: iteration.bound.timesUp(root), method: .unfoldedKernel)
  }

  /// A number that the norm of a convolution is not below: ‖Av‖/‖v‖ after power iteration, rounded inward.
  /// - Throws: ``OperatorNormError`` where the weights are not finite.
  public static func lowerBound(
    of convolution: ConvolutionOperator, iterations: Int = 50, stream: RandomStream
  ) throws -> Double {
    let exact = try convolution.inDoublePrecision()
    guard let scale = try scale(of: exact.weight) else { return 0 }
    let scaled = try ConvolutionOperator(
      weight: exact.weight / scale, geometry: exact.geometry, inputSize: exact.inputSize)
    return try withoutGradients {
      let shape = [1, scaled.inputChannels] + scaled.inputSize
      let start = try Tensor.normal(shape, stream, dtype: .float64)
      let ratio = try powerRatio(start, iterations: iterations, apply: scaled.apply, adjoint: scaled.adjoint)
      let symbol = try ConvolutionSymbol(scaled)
      let sums = try rootOfSums(symbol, symbol.absoluteSums())
      return deflated(ratio, productError: Rounding.gamma(scaled.weight.count / scaled.outputChannels) * sums) * scale
    }
  }
}

extension ConvolutionOperator {
  /// The operator's matrix, (out·H'·W')×(in·H·W): exact, since each entry is one weight or zero.
  public func matrix() throws -> Tensor {
    let columns = inputChannels * inputSize[0] * inputSize[1]
    let basis = try Tensor.eye(columns, dtype: weight.dtype, device: weight.device)
    return try apply(basis.reshaped([columns, inputChannels] + inputSize)).reshaped([columns, -1]).transposed()
  }
}
