import RandomStreams
import TorchCore

/// z ↦ z + s·U φ(D z), U zero at the start. Under a budget c, ‖D‖ ≤ 1 and |s|·‖U‖ ≤ c, so that the block's constant is
/// at most 1 + c.
final class SideBlock: Module {
  let site: String
  /// D, rank×F.
  private let down: Parameter
  /// U, F×rank.
  private let up: Parameter
  private let scale: Double
  private let downBudget: NormBudget?
  private let upBudget: NormBudget?

  init(site: String, features: Int, _ description: AdapterDescription, stream: RandomStream) throws {
    self.site = site
    let rank = min(description.rank ?? AdapterDescription.usualRank, features)
    down = try Parameter(Tensor.normal([rank, features], stream) * (2 / Double(features)).squareRoot())
    up = try Parameter(Tensor.zeros([features, rank]))
    scale = description.scale
    downBudget = try description.matrixBudget.map { _ in
      try NormBudget(1, inputs: features, stream: stream.stream("down"))
    }
    upBudget = try description.matrixBudget.map { try NormBudget($0, inputs: rank, stream: stream.stream("up")) }
  }

  var dtype: DType { get throws { try down.value.dtype } }

  func forward(_ z: Tensor, _ mode: Mode) throws -> Tensor {
    let (d, u) = try matrices(mode)
    return try z.addingScaled(z.linear(d).relu().linear(u), scale)
  }

  func deployed() throws -> Stage {
    let (d, u) = try matrices(.evaluation)
    let branch = [
      Stage("\(site).down", .linear(weight: try d.detached(), bias: nil)), Stage("\(site).relu", .relu),
      Stage("\(site).up", .linear(weight: try u.detached(), bias: nil)),
    ]
    return Stage(site, .residual(shortcut: [], branch: branch, branchScale: scale))
  }

  private func matrices(_ mode: Mode) throws -> (d: Tensor, u: Tensor) {
    try (downBudget?.keep(down.value, mode) ?? down.value, upBudget?.keep(up.value, mode) ?? up.value)
  }

  func visit(_ members: inout Members) {
    members.parameter("down", down)
    members.parameter("up", up)
    members.child("down_budget", downBudget)
    members.child("up_budget", upBudget)
  }
}
