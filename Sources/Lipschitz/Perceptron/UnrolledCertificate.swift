import OperatorNorms
import TorchCore

/// What any multipliers prove about a perceptron with MaxMin, however they were found.
///
/// Let (dx, dh) be a difference of inputs and the differences of decisions behind it. ReLU has slopes in [0, 1], so
/// dh_j(z_j(dx, dh) − dh_j) ≥ 0, and for t ≥ 0
///
///     ρ|dx|² − |Y(dx, dh)|² ≥ ρ|dx|² + Σ 2t_j dh_j(dh_j − z_j(dx, dh)) − |Y(dx, dh)|² = (dx, dh)ᵀ F (dx, dh).
///
/// If F + δI is positive semidefinite, L² ≤ ρ + δ(|dx|² + |dh|²)/|dx|², which asks nothing of ρ and t: see
/// ``SlopeCertificate``, which does the same layer by layer. Where Z and Y are only known up to δZ and δY,
/// 2‖T‖‖δZ‖ + 2‖Y‖‖δY‖ + ‖δY‖² is added to δ.
struct UnrolledCertificate {
  private let perceptron: UnrolledPerceptron

  init(_ perceptron: UnrolledPerceptron) { self.perceptron = perceptron }

  /// At least the constant; infinite where the candidate proves nothing.
  func upper(_ candidate: SlopeMultipliers) throws -> Double {
    guard candidate.rho > 0, candidate.rho.isFinite, try candidate.multipliers.allSatisfy({ try $0.areFactors() })
    else { return .infinity }
    let t = try Tensor.concatenated(candidate.multipliers)
    let (rows, outputs) = (try perceptron.rows(), perceptron.outputs)
    let program = try SlopeProgram(rows: rows, outputs: outputs, widths: perceptron.widths)
    let form = try program.matrix(at: .init(rho: candidate.rho, multipliers: t))
    guard try form.isFinite().allTrue() else { return .infinity }
    let (largest, output) = (try t.max().item(), try outputs.frobeniusUp())
    // Every element is a sum of few terms, but for inner products of outputs; the norm of a matrix of those is at most
    // the product of the factors' Frobenius norms.
    let sizes = try 2 * largest * rows.frobeniusUp() + output * output + candidate.rho
    let rounding = 4 * Rounding.gamma(outputs.size(0) + 8) * sizes
    let inexact =
      (2 * largest).timesUp(perceptron.decisionError)
      .plusUp((2 * output).plusUp(perceptron.outputError).timesUp(perceptron.outputError))
    let delta = try form.distanceToSemidefinite().plusUp(rounding.nextUp).plusUp(inexact)
    let square = candidate.rho.plusUp(delta.timesUp(perceptron.reach))
    return square.isNaN ? .infinity : square.squareRootUp
  }
}
