import CTorchShim

// Only these three pairs of operands: each further overload costs seconds of type checking in a wrong expression.

extension Tensor {
  public static func + (a: Tensor, b: Tensor) throws -> Tensor { try a.binary(b, sf_add) }
  public static func - (a: Tensor, b: Tensor) throws -> Tensor { try a.binary(b, sf_sub) }
  public static func * (a: Tensor, b: Tensor) throws -> Tensor { try a.binary(b, sf_mul) }
  public static func / (a: Tensor, b: Tensor) throws -> Tensor { try a.binary(b, sf_div) }

  public static func + (a: Tensor, b: Double) throws -> Tensor { try a.scalar(b, sf_add_scalar) }
  public static func - (a: Tensor, b: Double) throws -> Tensor { try a.scalar(-b, sf_add_scalar) }
  public static func * (a: Tensor, b: Double) throws -> Tensor { try a.scalar(b, sf_mul_scalar) }
  public static func / (a: Tensor, b: Double) throws -> Tensor { try a.scalar(b, sf_div_scalar) }

  public static func + (a: Double, b: Tensor) throws -> Tensor { try b.scalar(a, sf_add_scalar) }
  public static func * (a: Double, b: Tensor) throws -> Tensor { try b.scalar(a, sf_mul_scalar) }
  public static func - (a: Double, b: Tensor) throws -> Tensor {
    try b.withPointer { pointer in try yielded { sf_scalar_sub(a, pointer, $0) } }
  }
  public static func / (a: Double, b: Tensor) throws -> Tensor {
    try b.withPointer { pointer in try yielded { sf_scalar_div(a, pointer, $0) } }
  }

  public func negated() throws -> Tensor { try unary(sf_neg) }
  public func abs() throws -> Tensor { try unary(sf_abs) }
  /// −1, 0 or 1; 0 for 0.
  public func sign() throws -> Tensor { try unary(sf_sign) }
  public func sqrt() throws -> Tensor { try unary(sf_sqrt) }
  /// 1/√x.
  public func rsqrt() throws -> Tensor { try unary(sf_rsqrt) }
  public func exp() throws -> Tensor { try unary(sf_exp) }
  public func log() throws -> Tensor { try unary(sf_log) }
  public func squared() throws -> Tensor { try unary(sf_square) }
  /// To the nearest whole number, halves to the even one.
  public func rounded() throws -> Tensor { try unary(sf_round) }
  public func floor() throws -> Tensor { try unary(sf_floor) }
  public func relu() throws -> Tensor { try unary(sf_relu) }
  public func tanh() throws -> Tensor { try unary(sf_tanh) }
  public func sigmoid() throws -> Tensor { try unary(sf_sigmoid) }
  public func pow(_ exponent: Double) throws -> Tensor { try scalar(exponent, sf_pow_scalar) }

  /// Elementwise, with broadcasting; NaN where either is.
  public func minimum(_ other: Tensor) throws -> Tensor { try binary(other, sf_minimum) }
  /// Elementwise, with broadcasting; NaN where either is.
  public func maximum(_ other: Tensor) throws -> Tensor { try binary(other, sf_maximum) }

  /// Matrix product n×k by k×m, batched over leading dimensions, which broadcast.
  public func matmul(_ other: Tensor) throws -> Tensor { try binary(other, sf_matmul) }

  /// Each value moved into [low, high]; a NaN stays.
  public func clamped(_ low: Double, _ high: Double) throws -> Tensor {
    try withPointer { pointer in try Tensor.yielded { sf_clamp(pointer, low, high, $0) } }
  }

  /// Elementwise between two tensors of the same shape.
  public func clamped(_ low: Tensor, _ high: Tensor) throws -> Tensor {
    try withPointer { a in
      try low.withPointer { b in try high.withPointer { c in try Tensor.yielded { sf_clamp_tensor(a, b, c, $0) } } }
    }
  }

  /// self + value · a ⊙ b.
  public func addingProduct(_ a: Tensor, _ b: Tensor, scale: Double = 1) throws -> Tensor {
    try withPointer { base in
      try a.withPointer { a in try b.withPointer { b in try Tensor.yielded { sf_addcmul(base, a, b, scale, $0) } } }
    }
  }
}
