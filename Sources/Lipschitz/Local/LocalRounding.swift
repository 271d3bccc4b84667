import OperatorNorms

/// What rounding may take from local bounds.
///
/// Bounds are computed in double precision. A computed inner product Σ aᵢxᵢ + b of length n errs by at most
/// γₙ(Σ|aᵢ||xᵢ| + |b|) (Higham 2002, §3.1), in any order of summation; every use below grants three times that, which
/// covers the few operations around it. Where the statement is about the single-precision network, each of its layers
/// errs by at most γₙ of single precision in the same way, so its values are those of a network with so much added
/// anywhere in between: boxes and balls are widened to hold them, and linear bounds charge them.
struct LocalRounding {
  let basis: CertificateBasis

  /// In units of |A||x| + |b|: what the network's own layer with inner products of length `inner`, and a computation
  /// here of length `own`, are off by together.
  func layer(inner: Int, own: Int) -> Double {
    Self.own(own) + (basis == .singlePrecision ? Rounding.gamma(inner, unit: ForwardError.singleUnit) : 0)
  }

  /// The same for a computation here alone.
  static func own(_ length: Int) -> Double { 3 * Rounding.gamma(length) }

  /// In the units of ``layer(inner:own:)``: far more than what underflow may add.
  static let underflow = 1e-20
}
