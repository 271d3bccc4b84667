import RandomStreams
import TorchCore

extension OperatorNorm {
  /// A rigorous upper bound on the largest singular value of a matrix.
  /// - Throws: ``OperatorNormError`` unless `matrix` is a finite real matrix.
  public static func upperBound(ofMatrix matrix: Tensor) throws -> Double {
    let matrix = try validated(matrix)
    guard let scale = try scale(of: matrix) else { return 0 }
    return try withoutGradients { try least([gramBound(ofMatrix: matrix / scale)], scale: scale).value }
  }

  /// An upper bound on the norm of the matrix of |entries|, which bounds what rounding can do to its products.
  /// - Throws: ``OperatorNormError`` unless `matrix` is a finite real matrix.
  public static func absoluteBound(ofMatrix matrix: Tensor) throws -> Double {
    let absolute = try validated(matrix).abs()
    let inflation = 1 + Rounding.gamma(matrix.count)
    let columns = try absolute.sum([0]).max().item().timesUp(inflation)
    let rows = try absolute.sum([1]).max().item().timesUp(inflation)
    let bound = columns.squareRootUp.timesUp(rows.squareRootUp)
    guard bound.isFinite else { throw OperatorNormError.notFinite("it is beyond the largest double") }
    return bound
  }

  /// The bound by Gram iteration of a matrix with entries of about 1 or less.
  static func gramBound(ofMatrix matrix: Tensor) throws -> UpperBound {
    let (rows, columns) = (matrix.size(0), matrix.size(1))
    var iteration = GramIteration()
    try iteration.include(real: matrix.reshaped([1, rows, columns]))
    return UpperBound(value: iteration.bound, method: .matrix(rows: rows, columns: columns))
  }

  /// A number that the largest singular value of a matrix is not below: ‖Av‖/‖v‖ after power iteration, rounded
  /// inward.
  /// - Throws: ``OperatorNormError`` unless `matrix` is a finite real matrix.
  public static func lowerBound(ofMatrix matrix: Tensor, iterations: Int = 50, stream: RandomStream) throws -> Double {
    let matrix = try validated(matrix)
    guard let scale = try scale(of: matrix) else { return 0 }
    let scaled = try matrix / scale
    let absolute = try scaled.abs()
    let start = try Tensor.normal([matrix.size(1), 1], stream, dtype: .float64)
    let ratio = try powerRatio(
      start, iterations: iterations, apply: { try scaled.matmul($0) }, adjoint: { try scaled.transposed().matmul($0) })
    let sums = try absolute.sum([0]).max().item() * absolute.sum([1]).max().item()
    return deflated(ratio, productError: Rounding.gamma(matrix.size(1)) * sums.squareRoot()) * scale
  }

  private static func validated(_ matrix: Tensor) throws -> Tensor {
    guard matrix.rank == 2, matrix.count > 0, try matrix.dtype.isFloatingPoint else {
      throw OperatorNormError.invalidOperator("a tensor of shape \(matrix.shape) is not a non-empty real matrix")
    }
    return try matrix.exactDoubles()
  }
}
