import Lipschitz
import ResidualNets
import TorchCore

/// Blocks of one shape in a row, h_{l+1} = h_l + F_l(h_l), so that h_L = h₀ + Σ F_l(h_l).
struct ResidualRun {
  struct Link {
    /// h_l ↦ h_{l+1}, as the network computes it.
    let block: (Tensor) throws -> Tensor
    /// F_l.
    let branch: (Tensor) throws -> Tensor
  }

  /// What becomes of a run when one block is left out: h′_L − h_L = −F_l(h_l) + Σ_{k>l} (F_k(h′_k) − F_k(h_k)).
  struct Removal {
    /// ‖Σ_{k>l} (F_k(h′_k) − F_k(h_k))‖ / ‖F_l(h_l)‖, root mean squares over samples.
    let ratio: Double
    /// The mean cosine of the later terms' change with the term removed: positive where they make up for it.
    let compensation: Double
    /// By how much the equation fails at most, relative to ‖h_L‖ of the sample.
    let error: Double
  }

  let links: [Link]

  /// h₀ … h_L.
  func states(from h0: Tensor) throws -> [Tensor] {
    try links.reduce(into: [h0]) { states, link in states.append(try link.block(states[states.count - 1])) }
  }

  /// F_l(h_l), l = 0 … L − 1.
  func terms(from h0: Tensor) throws -> [Tensor] { try zip(links, states(from: h0)).map { try $0.branch($1) } }

  /// ‖h_L − (h₀ + Σ F_l(h_l))‖ / ‖h_L‖, the largest over samples.
  func sumError(from h0: Tensor) throws -> Double {
    try withoutGradients {
      let sum = try terms(from: h0).reduce(h0) { try $0 + $1 }
      let last = try states(from: h0)[links.count]
      return try (sampleNorms(last - sum) / sampleNorms(last)).max().item()
    }
  }

  /// Leaves out one block.
  /// - Parameter index: of a block with a later one in the run.
  func removal(of index: Int, from h0: Tensor) throws -> Removal {
    try withoutGradients {
      let (states, terms) = (try states(from: h0), try terms(from: h0))
      let later = ResidualRun(links: Array(links[(index + 1)...]))
      let changed = try later.terms(from: states[index])
      let change = try zip(changed, terms[(index + 1)...]).reduce(h0.zerosLike()) { try $0 + ($1.0 - $1.1) }

      let end = try later.states(from: states[index])[later.links.count]
      let last = states[links.count]
      let gap = try (end - last) - (change - terms[index])
      return Removal(
        ratio: try (change.norm() / terms[index].norm()).item(),
        compensation: try sampleCosines(change, terms[index]).mean().item(),
        error: try (sampleNorms(gap) / sampleNorms(last)).max().item())
    }
  }
}

extension ResidualRun {
  /// The longest rows of blocks that keep the shape, each with its place in the network.
  @TorchActor static func runs(of network: TaskNetwork) -> [(start: Int, run: ResidualRun)] {
    let passage = Passage(adapter: network.adapter, mode: .evaluation)
    var runs: [(start: Int, run: ResidualRun)] = []
    var links: [Link] = []
    for (index, block) in network.trunk.blocks.enumerated() {
      if block.keepsShape {
        links.append(
          Link {
            try block.forward($0, passage)
          } branch: {
            try block.branch.forward($0, passage)
          })
      }
      let isEnd = !block.keepsShape || index == network.trunk.blocks.count - 1
      if isEnd, !links.isEmpty {
        runs.append((index + (block.keepsShape ? 1 : 0) - links.count, ResidualRun(links: links)))
        links = []
      }
    }
    return runs
  }
}
