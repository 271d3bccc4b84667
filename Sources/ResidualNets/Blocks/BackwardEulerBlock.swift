import TorchCore

/// h′ = S h + τ F(h′): one implicit step of dh/dt = F(h, t). The root is found anew for each batch, and differentiated
/// by the implicit function theorem.
final class BackwardEulerBlock: AssembledBlock {
  let parts: BlockParts
  /// τ.
  private let step: Double

  init(_ parts: BlockParts, step: Double) {
    self.parts = parts
    self.step = step
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    guard passage.precision == .full else {
      throw DescriptionError("bfloat16 does not solve the implicit block \(site): compute it in fp32")
    }
    let start = try passed(h, passage)
    // The search needs one F, and what keeps budgets costs more than an evaluation does.
    let settled = try passage.settling(branch)
    return try backwardEulerStep(start, step: step, solver: .fitting(start.dtype), site: site) {
      try branch.forward($0, settled)
    }
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    try deployedShortcut(passage) + [Stage(site, .implicit(branch: branch.deployed(passage), step: step))]
  }
}
