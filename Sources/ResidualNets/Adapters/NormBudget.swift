import OperatorNorms
import RandomStreams
import TorchCore

/// Keeps ‖A‖₂ of a matrix at or below a budget: A ↦ A · c / max(c, ‖A‖).
///
/// While it learns, ‖A‖ comes from power iteration, from below; afterwards from ``OperatorNorms/OperatorNorm``,
/// rigorously from above, so that what is deployed (and evaluated) keeps the budget.
final class NormBudget: Module {
  private let constraint: SpectralConstraint

  init(_ budget: Double, inputs: Int, stream: RandomStream) throws {
    constraint = try SpectralConstraint(budget: budget, vectorShape: [inputs], stream: stream)
  }

  /// - Parameter matrix: out×in.
  func keep(_ matrix: Tensor, _ mode: Mode) throws -> Tensor {
    if mode != .evaluation, !constraint.vector.isPinned { return try constraint.constrain(matrix: matrix, mode) }
    let norm = try OperatorNorm.upperBound(ofMatrix: matrix)
    return norm > constraint.budget ? try matrix * (constraint.budget / norm) : matrix
  }

  func visit(_ members: inout Members) { members.include(constraint) }
}
