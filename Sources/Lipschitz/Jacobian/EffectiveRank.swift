import Foundation
import TorchCore

/// How many directions a matrix uses, as a number between 1 and its rank; 0 for the zero matrix. For features, rows are
/// samples and are not centred here.
public enum EffectiveRank {
  /// exp(−Σ p log p) with p = σ/Σσ the normalised singular values (Roy & Vetterli 2007, "The effective rank").
  /// - Parameter matrix: n×m.
  /// - Throws: ``JacobianError/matrix(reason:)`` where it is no matrix with entries, all of them finite.
  public static func entropy(_ matrix: Tensor) throws -> Double {
    let values = try singularValues(matrix)
    let sum = values.reduce(0, +)
    guard sum > 0 else { return 0 }
    let entropy = values.map { $0 / sum }.filter { $0 > 0 }.reduce(0) { $0 - $1 * log($1) }
    return exp(entropy)
  }

  /// The stable rank ‖A‖_F² / ‖A‖₂² (Rudelson & Vershynin 2007).
  /// - Parameter matrix: n×m.
  /// - Throws: ``JacobianError/matrix(reason:)`` where it is no matrix with entries, all of them finite.
  public static func stable(_ matrix: Tensor) throws -> Double {
    let values = try singularValues(matrix)
    guard let largest = values.first, largest > 0 else { return 0 }
    return values.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }
  }

  private static func singularValues(_ matrix: Tensor) throws -> [Double] {
    guard matrix.rank == 2, matrix.count > 0 else {
      throw JacobianError.matrix(reason: "effective rank is of a matrix with entries, not of the shape \(matrix.shape)")
    }
    guard try matrix.isFinite().allTrue() else {
      throw JacobianError.matrix(reason: "it holds a number that is not finite")
    }
    return try matrix.detached().to(.float64).singularValues().doubles()
  }
}
