import Foundation
import OperatorNorms
import ResidualNets
import TorchCore

/// Stages whose constant is a formula: the formula is multiplied out, so that no division or root is trusted.
extension StageWalk {
  mutating func checkConstant(_ stage: Stage, _ claim: StageClaim, input: SampleShape) throws {
    let c = claim.upper
    /// Notes that the constant is `found`, which `holds` compares with the claim.
    func note(_ found: Double, _ holds: Bool) {
      guard holds else {
        findings.refusals.append(
          Refusal(stage.name, "norm", .refuted, claimed: c, found: found, "its constant is larger"))
        return
      }
      findings.norms.append(ProofFindings.CheckedNorm(stage: stage.name, claimed: c, lower: nil, upper: found))
    }
    /// c² · factor, rounded down.
    func squared(times factor: Double) -> Double { c.timesDown(c).timesDown(factor) }

    switch stage.operation {
    case .normalize(_, let std):
      let least = try std.doublesOnCPU().min().item()
      note(1 / least, least > 0 && c.timesDown(least) >= 1)
    case .affine(let scale, _):
      let largest = try scale?.doublesOnCPU().abs().max().item() ?? 1
      note(largest, c >= largest)
    case .groupNorm(_, let weight, _, let epsilon), .layerNorm(let weight, _, let epsilon):
      let largest = try weight.doublesOnCPU().abs().max().item()
      note(largest / epsilon.squareRoot(), squared(times: epsilon) >= largest.timesUp(largest))
    case .scale(let factor): note(abs(factor), c >= abs(factor))
    case .relu, .maxMin, .flatten, .patches, .offset: note(1, c >= 1)
    case .gelu:
      // Φ(√2) + √2 φ(√2), where the derivative is extreme.
      let largest = (0.5 * erfc(-1) + exp(-1) / Double.pi.squareRoot()) * (1 + 0x1p-40)
      note(largest, c >= largest)
    case .maxPool(let kernel, let stride, let padding):
      let sharing = try windows(kernel, stride, padding, stage, input).checkedSharing()
      note(sharing.squareRoot(), squared(times: 1) >= sharing)
    case .averagePool(let kernel, let stride, let padding):
      let norm = try windows(kernel, stride, padding, stage, input).checkedMeanNorm()
      note(norm, c >= norm)
    case .globalAveragePool:
      let places = try Double(input.image(at: stage.name).size.reduce(1, *))
      note(1 / places.squareRoot(), squared(times: places) >= 1)
    case .tokenMean:
      let places = try Double(input.tokens(at: stage.name).count)
      note(1 / places.squareRoot(), squared(times: places) >= 1)
    case .highway, .attention, .convolution, .linear, .residual, .implicit:
      findings.refusals.append(
        Refusal(stage.name, "norm", .notConfirmed, claimed: c, "the check knows no constant of its kind"))
    }
  }

  private func windows(
    _ kernel: Int, _ stride: Int, _ padding: Int, _ stage: Stage, _ input: SampleShape
  ) throws -> PoolingWindows {
    try PoolingWindows(
      kernel: kernel, stride: stride, padding: padding, inputSize: input.image(at: stage.name).size)
  }
}
