import CTorchShim

// No dimensions named means all of them. A reduced dimension vanishes, or stays with length 1 where it is kept.

extension Tensor {
  /// The sum over `dims`.
  public func sum(_ dims: [Int] = [], keepingDimensions keep: Bool = false) throws -> Tensor {
    try reduced(dims) { sf_sum($0, $1, $2, keep, $3) }
  }

  /// The mean over `dims`.
  public func mean(_ dims: [Int] = [], keepingDimensions keep: Bool = false) throws -> Tensor {
    try reduced(dims) { sf_mean($0, $1, $2, keep, $3) }
  }

  /// The largest value over `dims`; NaN where there is one. Throws where there is nothing to choose from.
  public func max(_ dims: [Int] = [], keepingDimensions keep: Bool = false) throws -> Tensor {
    try reduced(dims) { sf_amax($0, $1, $2, keep, $3) }
  }

  /// The smallest value over `dims`; NaN where there is one. Throws where there is nothing to choose from.
  public func min(_ dims: [Int] = [], keepingDimensions keep: Bool = false) throws -> Tensor {
    try reduced(dims) { sf_amin($0, $1, $2, keep, $3) }
  }

  /// The p-norm of the elements along `dims`, read as one vector.
  public func norm(_ p: Double = 2, _ dims: [Int] = [], keepingDimensions keep: Bool = false) throws -> Tensor {
    try reduced(dims) { sf_norm($0, p, $1, $2, keep, $3) }
  }

  /// log Σ exp(x) along a dimension, without overflow.
  public func logSumExp(_ dim: Int, keepingDimensions keep: Bool = false) throws -> Tensor {
    try withPointer { pointer in try Tensor.yielded { sf_logsumexp(pointer, Int64(dim), keep, $0) } }
  }

  /// Where the largest value stands along a dimension, int64; that dimension vanishes.
  public func argmax(_ dim: Int) throws -> Tensor {
    try withPointer { pointer in try Tensor.yielded { sf_argmax(pointer, Int64(dim), $0) } }
  }

  /// The k largest values along a dimension, in descending order, and where they stood.
  public func top(_ k: Int, _ dim: Int) throws -> (values: Tensor, indices: Tensor) {
    try withPointer { pointer in try Tensor.yieldedPair { sf_top(pointer, Int64(k), Int64(dim), $0, $1) } }
  }

  /// Stable sort along a dimension.
  public func sorted(_ dim: Int, descending: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    try withPointer { pointer in try Tensor.yieldedPair { sf_sort(pointer, Int64(dim), descending, $0, $1) } }
  }

  /// Sums of everything up to and including each place along a dimension, in the same shape.
  public func cumulativeSum(_ dim: Int) throws -> Tensor {
    try withPointer { pointer in try Tensor.yielded { sf_cumsum(pointer, Int64(dim), $0) } }
  }

  private func reduced(
    _ dims: [Int],
    _ call: (SFTensor, UnsafePointer<Int64>?, Int32, UnsafeMutablePointer<SFTensor?>) -> SFStatus
  ) throws -> Tensor {
    try withPointer { pointer in
      try dims.withInt64 { dims, count in try Tensor.yielded { call(pointer, dims, count, $0) } }
    }
  }
}
