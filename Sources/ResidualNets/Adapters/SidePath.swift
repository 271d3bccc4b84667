import RandomStreams
import TorchCore

/// A residual network of the task's own on the trunk's features: z₀ = N(f), z ← z + s·U φ(D z), and the head reads the
/// last z.
///
/// It never asks the trunk for anything but its features f (N×F), so that these can be computed once and kept. N is a
/// batch norm with statistics of the task's own, left out under a budget, since nothing bounds a norm before it is learned.
final class SidePath: Module {
  private let norm: BatchNorm2d?
  private let blocks: [SideBlock]

  init(features: Int, _ description: AdapterDescription, stream: RandomStream) throws {
    norm = description.budget == nil ? try BatchNorm2d(site: "side.norm", channels: features) : nil
    // The norm begins as the identity: its variance and what is added to it are one.
    try norm?.runningVariance.value.assign(Tensor.full(1 - BatchNorm2d.epsilon, [features]))
    blocks = try (0..<description.depth).map {
      try SideBlock(site: "side.\($0)", features: features, description, stream: stream.stream("side").stream($0))
    }
  }

  /// - Parameter f: N×F.
  func forward(_ f: Tensor, _ mode: Mode) throws -> Tensor {
    try blocks.reduce(norm?.forward(f, mode) ?? f) { try $1.forward($0, mode) }
  }

  /// The path as stages behind a readout whose features are still to be multiplied by `featureScale` (F, float64).
  func deployed(behind featureScale: Tensor?) throws -> [Stage] {
    let dtype = try blocks.first?.dtype ?? .float32
    var entrance = try featureScale.map { (scale: $0, shift: try $0.zerosLike()) }
    if case .affine(let scale, let shift)? = try norm?.deployed() {
      entrance = (try entrance.map { try $0.scale * scale } ?? scale, shift)
    }
    let first = try entrance.map {
      [Stage("side.norm", .affine(scale: try $0.scale.to(dtype), shift: try $0.shift.to(dtype)))]
    }
    return try (first ?? []) + blocks.map { try $0.deployed() }
  }

  func visit(_ members: inout Members) {
    members.child("side.norm", norm)
    for block in blocks { members.child(block.site, block) }
  }
}

/// z ↦ z + s·U φ(D z), U zero at the start. Under a budget c, ‖D‖ ≤ 1 and |s|·‖U‖ ≤ c, so that the block's constant is at
/// most 1 + c.
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
