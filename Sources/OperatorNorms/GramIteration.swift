import TorchCore

/// Upper bounds on the largest singular value of each matrix of a batch, by repeated squaring.
///
/// Source: Delattre et al., "Efficient bound of Lipschitz constant for convolutional layers by Gram iteration", 2023:
/// with G₀ = A and Gₜ₊₁ = GₜᴴGₜ, σ₁(A) ≤ ‖Gₜ‖_F^(2⁻ᵗ), decreasing to σ₁(A). Here every Gₜ is divided by its Frobenius
/// norm cₜ, and each squaring adds the most that rounding may have taken:
///
///     σ₁(Gₜ) ≤ cₜ (√(σ₁(Gₜ₊₁) + ε) + 2u),   ε ≥ √2 γₙ ‖Gₜ/cₜ‖_F²,   n the length of the inner products
///
/// so the bound holds for the matrices as stored, whatever was lost on the way. A matrix is no longer refined once it
/// cannot be the largest: that decision may be wrong without harm, because its last bound is kept.
struct GramIteration {
  /// Refinement ends when the bound is within this factor of an estimate from below.
  static let tolerance = 1e-7
  /// The most squarings: the excess, r^(2⁻ᵗ⁻¹) at rank r, is then far below `tolerance`.
  static let mostSquarings = 40

  /// The largest of all bounds seen so far.
  private(set) var bound = 0.0
  /// An estimate, not a bound, of the largest singular value from below.
  private var estimate = 0.0
  /// Multiplications that may still be spent.
  private var remainingWork: Double

  init(work: Double = .infinity) { remainingWork = work }

  /// Takes in a batch B×m×n of matrices `real` + i·`imaginary` (nil: real ones), with entries of about 1 or less.
  mutating func include(real: Tensor, imaginary: Tensor? = nil) throws {
    var matrices = try GramBatch(real: real, imaginary: imaginary)
    var sequence = GramSequence(normsByLevel: [try matrices.normalise()])
    for level in 0...Self.mostSquarings {
      let uppers = sequence.uppers(normInflation: matrices.normInflation)
      if level > 0 { estimate = max(estimate, sequence.estimates().max() ?? 0) }
      let mayGoOn = level < Self.mostSquarings && remainingWork > 0
      let open = mayGoOn ? uppers.indices.filter { uppers[$0] > estimate * (1 + Self.tolerance) } : []
      let isOpen = Set(open)
      for matrix in uppers.indices where !isOpen.contains(matrix) { bound = max(bound, uppers[matrix]) }
      if open.isEmpty { return }
      if open.count < uppers.count {
        matrices = try matrices.selecting(open)
        sequence = sequence.selecting(open)
      }
      remainingWork -= matrices.squaringWork
      let error = matrices.squaringError
      matrices = try matrices.squared()
      sequence.append(norms: try matrices.normalise(), squaringError: error)
    }
  }
}

/// The Frobenius norms c₀, c₁, … of a batch, and what they say about the first matrices.
private struct GramSequence {
  /// By level, then by matrix.
  var normsByLevel: [[Double]]
  /// ε of the squaring that led from each level to the next.
  var squaringErrors: [Double] = []

  mutating func append(norms: [Double], squaringError: Double) {
    normsByLevel.append(norms)
    squaringErrors.append(squaringError)
  }

  func selecting(_ kept: [Int]) -> GramSequence {
    GramSequence(normsByLevel: normsByLevel.map { row in kept.map { row[$0] } }, squaringErrors: squaringErrors)
  }

  /// Bounds on σ₁ of the first matrices: the last Frobenius norm, carried back through the squarings.
  func uppers(normInflation: Double) -> [Double] {
    let last = normsByLevel[normsByLevel.count - 1]
    return last.indices.map { matrix in
      var value = last[matrix].timesUp(normInflation)
      for level in squaringErrors.indices.reversed() {
        let root = value.plusUp(squaringErrors[level]).squareRootUp.plusUp(2 * Rounding.unit)
        value = normsByLevel[level][matrix].timesUp(root)
      }
      // An overflow on the way must not pass for a small bound.
      return value.isNaN ? .infinity : value
    }
  }

  /// σ₁ of the first matrices from below, but for rounding, from ‖BᴴB‖_F ≤ σ₁(B)‖B‖_F. Needs two levels.
  func estimates() -> [Double] {
    let last = normsByLevel[normsByLevel.count - 1]
    return last.indices.map { matrix in
      var value = last[matrix]
      for level in squaringErrors.indices.reversed() {
        value *= normsByLevel[level][matrix]
        if level > 0 { value.formSquareRoot() }
      }
      return value
    }
  }
}
