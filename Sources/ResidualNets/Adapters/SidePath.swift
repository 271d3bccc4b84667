import RandomStreams
import TorchCore

/// A residual network of the task's own on the trunk's features: z₀ = N(f), z ← z + s·U φ(D z), and the head reads the
/// last z.
///
/// It never asks the trunk for anything but its features f (N×F), so that these can be computed once and kept. N is a
/// batch norm with statistics of the task's own, left out under a budget, since nothing bounds a norm before it is
/// learned.
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
