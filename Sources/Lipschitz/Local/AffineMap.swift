import TorchCore

/// A layer x ↦ W x + b as local bounds see it, batched and in double precision.
struct AffineMap {
  /// W x + b.
  let apply: (Tensor) throws -> Tensor
  /// |W| x.
  let absolute: (Tensor) throws -> Tensor
  /// Wᵀ a.
  let adjoint: (Tensor) throws -> Tensor
  /// b in the shape of an output; nil for none.
  let bias: Tensor?
  /// ‖w_i‖₂ of each output i, rounded up; broadcasts over a batch of outputs.
  let rowNorms: Tensor
  /// The length of the inner products of W, bias included.
  let inner: Int
  /// The length of the inner products of Wᵀ.
  let adjointInner: Int
  /// How many times the size of its outputs a number may be that is met on the way to one: means divide behind their
  /// sums.
  var passing = 1.0
  /// Whether it only moves numbers to other places, so that nothing is rounded.
  var isExact = false

  /// |W| x + |b| for x ≥ 0: the size that rounding errors are measured by.
  func size(_ x: Tensor) throws -> Tensor {
    let size = try absolute(x) + LocalRounding.underflow
    return try bias.map { try size + $0.abs() } ?? size
  }
}
