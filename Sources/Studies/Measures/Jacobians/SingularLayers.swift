import RandomStreams
import TorchCore

/// Singular linear layers F in double precision, and what remains of two inputs behind F and behind I + F.
struct SingularLayers {
  /// Ranks of F_l ⋯ F_1 by depth l = 1 … n−1; layer l forgets coordinate l of n.
  let plainRanks: [Int]
  /// Of (I + F_l) ⋯ (I + F_1).
  let residualRanks: [Int]
  /// ‖F(x − x′)‖ where x − x′ is in the kernel of F, and ‖(I + F)(x − x′)‖ / ‖x − x′‖.
  let plainDistance, residualDistance: Double
  /// ‖(I + F)⁻¹(I + F)x − x‖ / ‖x‖ of a random singular F without the eigenvalue −1.
  let recoveryError: Double
  /// The rank of I + F for the same F but with one eigenvalue −1, against n.
  let rankAtMinusOne: Int
  let size: Int

  init(_ stream: RandomStream, size: Int = 8) throws {
    self.size = size
    let identity = try Tensor.eye(size, dtype: .float64)
    let basis = try Tensor.normal([size, size], stream.stream("basis"), dtype: .float64).qr().q
    let layers = try (0..<size - 1).map { forgotten in
      try withEigenvalues((0..<size).map { $0 == forgotten ? 0 : 1 }, basis: basis)
    }
    let tolerance = 1e-12
    plainRanks = try productsByDepth(layers).map { try numericalRank($0, tolerance: tolerance) }
    residualRanks = try productsByDepth(layers.map { try identity + $0 })
      .map { try numericalRank($0, tolerance: tolerance) }

    // Two kernel directions, and eigenvalues on both sides of zero with a distance of at least 0.1 from −1.
    let draws = (0..<size).map { stream.stream("eigenvalues").uniform(at: UInt64($0)) }
    let eigenvalues = draws.enumerated().map { $0 < 2 ? 0 : -0.9 + 2.9 * $1 }
    let singular = try withEigenvalues(eigenvalues, basis: basis)
    let difference = try basis.narrowed(1, from: 0, count: 1)
    plainDistance = try singular.matmul(difference).norm().item()
    residualDistance = try (identity + singular).matmul(difference).norm().item()

    let x = try Tensor.normal([size, 1], stream.stream("x"), dtype: .float64)
    let map = try identity + singular
    recoveryError = try (map.solved(for: map.matmul(x)) - x).norm().item() / x.norm().item()
    let critical = try withEigenvalues([-1] + eigenvalues.dropFirst(), basis: basis)
    rankAtMinusOne = try numericalRank(identity + critical, tolerance: tolerance)
  }

  /// Whether all of it is as linear algebra has it.
  var hold: Bool {
    plainRanks == (1..<size).map { size - $0 } && residualRanks.allSatisfy { $0 == size } && plainDistance < 1e-12
      && abs(residualDistance - 1) < 1e-12 && recoveryError < 1e-10 && rankAtMinusOne == size - 1
  }

  var detail: String {
    "ranks behind \(plainRanks.count) layers: plain \(plainRanks.last ?? 0), residual \(residualRanks.last ?? 0) of "
      + "\(size); a kernel direction: plain \(Judgement.text(plainDistance)), residual "
      + "\(Judgement.text(residualDistance)); recovery error \(Judgement.text(recoveryError)); rank with the eigenvalue "
      + "−1: \(rankAtMinusOne)"
  }
}

/// V Λ Vᵀ for an orthogonal V.
private func withEigenvalues(_ eigenvalues: [Double], basis: Tensor) throws -> Tensor {
  try (basis * Tensor(eigenvalues, [1, eigenvalues.count])).matmul(basis.transposed())
}
