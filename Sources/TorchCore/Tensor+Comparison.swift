import CTorchShim

// Comparisons give Boolean tensors, elementwise and with broadcasting; with a NaN only `notEqual` is true.

extension Tensor {
  public func equal(_ other: Tensor) throws -> Tensor { try binary(other, sf_eq) }
  public func notEqual(_ other: Tensor) throws -> Tensor { try binary(other, sf_ne) }
  public func less(_ other: Tensor) throws -> Tensor { try binary(other, sf_lt) }
  public func lessOrEqual(_ other: Tensor) throws -> Tensor { try binary(other, sf_le) }
  public func greater(_ other: Tensor) throws -> Tensor { try binary(other, sf_gt) }
  public func greaterOrEqual(_ other: Tensor) throws -> Tensor { try binary(other, sf_ge) }

  public func equal(_ value: Double) throws -> Tensor { try scalar(value, sf_eq_scalar) }
  public func less(_ value: Double) throws -> Tensor { try scalar(value, sf_lt_scalar) }
  public func lessOrEqual(_ value: Double) throws -> Tensor { try scalar(value, sf_le_scalar) }
  public func greater(_ value: Double) throws -> Tensor { try scalar(value, sf_gt_scalar) }
  public func greaterOrEqual(_ value: Double) throws -> Tensor { try scalar(value, sf_ge_scalar) }

  public func and(_ other: Tensor) throws -> Tensor { try binary(other, sf_logical_and) }
  public func or(_ other: Tensor) throws -> Tensor { try binary(other, sf_logical_or) }
  public func not() throws -> Tensor { try unary(sf_logical_not) }

  /// Elementwise: neither infinite nor NaN.
  public func isFinite() throws -> Tensor { try unary(sf_isfinite) }

  /// Whether every element is true.
  public func allTrue() throws -> Bool { try unary(sf_all).item() != 0 }

  /// Elementwise `self ? a : b`, with broadcasting; the tensor itself is Boolean.
  public func select(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try withPointer { condition in
      try a.withPointer { a in try b.withPointer { b in try Tensor.yielded { sf_where(condition, a, b, $0) } } }
    }
  }
}
