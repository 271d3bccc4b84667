import TorchCore

/// The total variation Σ |f_{i+1} − f_i| of sampled functions, one a row: from below that of the functions themselves,
/// and equal to it where the samples hold every turning point and both ends.
/// - Parameter samples: K×n, in the order of the argument.
/// - Returns: K numbers, in the unit of f.
/// - Throws: ``JacobianError/matrix(reason:)`` where these are no rows of samples.
public func totalVariation(_ samples: Tensor) throws -> [Double] {
  guard samples.rank == 2, samples.size(1) > 0 else {
    throw JacobianError.matrix(reason: "total variation is of rows of samples, not of the shape \(samples.shape)")
  }
  let values = try samples.detached().to(.float64)
  let steps = values.size(1) - 1
  let change = try values.narrowed(1, from: 1, count: steps) - values.narrowed(1, from: 0, count: steps)
  return try change.abs().sum([1]).doubles()
}
