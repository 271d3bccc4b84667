import CTorchShim

extension Tensor {
  /// The same elements in another shape; one length may be −1 and is inferred.
  /// - Throws: `TorchError` where the counts differ.
  public func reshaped(_ shape: [Int]) throws -> Tensor {
    try withPointer { pointer in
      try shape.withInt64 { sizes, rank in try Tensor.yielded { sf_reshape(pointer, sizes, rank, $0) } }
    }
  }

  /// N×(everything else), in the order of the dimensions whatever the layout; channels-last images get a gradient that
  /// is channels-last.
  public func flattened() throws -> Tensor {
    try withPointer { pointer in try Tensor.yielded { sf_flatten(pointer, $0) } }
  }

  /// Repeats dimensions of length 1, without a copy, until the shape is `shape`; −1 leaves a length as it is.
  public func expanded(_ shape: [Int]) throws -> Tensor {
    try withPointer { pointer in
      try shape.withInt64 { sizes, rank in try Tensor.yielded { sf_expand(pointer, sizes, rank, $0) } }
    }
  }

  /// The dimensions in another order: `dims[i]` is the old place of the new dimension i. No copy.
  public func permuted(_ dims: [Int]) throws -> Tensor {
    try withPointer { pointer in
      try dims.withInt64 { dims, rank in try Tensor.yielded { sf_permute(pointer, dims, rank, $0) } }
    }
  }

  /// The transpose of a matrix.
  public func transposed() throws -> Tensor { try permuted([1, 0]) }

  /// The slices `start..<start + count` along a dimension, sharing storage.
  /// - Throws: `TorchError` where they are not all there.
  public func narrowed(_ dim: Int, from start: Int, count: Int) throws -> Tensor {
    try withPointer { pointer in
      try Tensor.yielded { sf_narrow(pointer, Int64(dim), Int64(start), Int64(count), $0) }
    }
  }

  /// Every `step`-th slice along a dimension, from `start`.
  public func strided(_ dim: Int, from start: Int, step: Int) throws -> Tensor {
    try withPointer { pointer in
      try Tensor.yielded { sf_strided(pointer, Int64(dim), Int64(start), Int64(step), $0) }
    }
  }

  /// A copy with the order reversed along the dimensions.
  public func flipped(_ dims: [Int]) throws -> Tensor {
    try withPointer { pointer in
      try dims.withInt64 { dims, count in try Tensor.yielded { sf_flip(pointer, dims, count, $0) } }
    }
  }

  /// A copy of the slices along `dim` that `indices` (a vector of int64) names, in that order.
  /// - Throws: `TorchError` for an index that is out of range.
  public func selecting(_ dim: Int, _ indices: Tensor) throws -> Tensor {
    try withPointer { pointer in
      try indices.withPointer { index in try Tensor.yielded { sf_index_select(pointer, Int64(dim), index, $0) } }
    }
  }

  /// One element per index, in the shape of `indices` (int64, of this tensor's rank): along `dim` the element that the
  /// index names, along all others the one in the same place.
  /// - Throws: `TorchError` for an index that is out of range.
  public func gathered(_ dim: Int, _ indices: Tensor) throws -> Tensor {
    try withPointer { pointer in
      try indices.withPointer { index in try Tensor.yielded { sf_gather(pointer, Int64(dim), index, $0) } }
    }
  }

  /// A copy in which the elements that `indices` (int64, of this tensor's rank) names along `dim` are `value`.
  public func scattering(_ value: Double, _ dim: Int, _ indices: Tensor) throws -> Tensor {
    try withPointer { pointer in
      try indices.withPointer { index in
        try Tensor.yielded { sf_scatter_value(pointer, Int64(dim), index, value, $0) }
      }
    }
  }

  /// Tensors one behind the other along a dimension; all other lengths must agree.
  public static func concatenated(_ tensors: [Tensor], _ dim: Int = 0) throws -> Tensor {
    try tensors.withPointers { pointers, count in try yielded { sf_cat(pointers, count, Int64(dim), $0) } }
  }

  /// Tensors of one shape along a new dimension.
  public static func stacked(_ tensors: [Tensor], _ dim: Int = 0) throws -> Tensor {
    try tensors.withPointers { pointers, count in try yielded { sf_stack(pointers, count, Int64(dim), $0) } }
  }

  /// Zeros around the last two dimensions; negative amounts crop.
  public func padded(left: Int, right: Int, top: Int, bottom: Int) throws -> Tensor {
    try withPointer { pointer in
      try [left, right, top, bottom].withInt64 { amounts, _ in try Tensor.yielded { sf_pad2d(pointer, amounts, $0) } }
    }
  }
}
