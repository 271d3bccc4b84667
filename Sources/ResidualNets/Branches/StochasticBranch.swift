import RandomStreams
import TorchCore

/// A branch that takes part in a training step with probability p, and in evaluation contributes its expectation p
/// F(h).
///
/// Source: stochastic depth, Huang et al. 2016; one draw for the whole batch.
final class StochasticBranch: Branch {
  private let branch: any Branch
  /// p.
  private let survival: Double
  private let site: String

  init(_ branch: any Branch, survival: Double, site: String) {
    self.branch = branch
    self.survival = survival
    self.site = site
  }

  var convolutions: [Conv2d] { branch.convolutions }
  var linears: [Linear] { branch.linears }
  var norms: [any Norm] { branch.norms }

  /// - Throws: `DescriptionError` in training without a stream to draw from.
  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    guard passage.mode == .training else { return try branch.forward(h, passage) * survival }
    guard let draws = passage.draws else {
      throw DescriptionError("'\(site)' is left out at random: a training pass needs a stream to draw from")
    }
    guard draws.stream(site).uniform(at: 0) < survival else {
      return try Tensor.zeros([], dtype: h.dtype, device: h.device)
    }
    return try branch.forward(h, passage)
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    try branch.deployed(passage) + [Stage("\(site).survival", .scale(survival))]
  }

  func visit(_ members: inout Members) { members.include(branch) }
}
