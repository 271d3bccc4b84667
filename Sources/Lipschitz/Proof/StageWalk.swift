import Foundation
import OperatorNorms
import RandomStreams
import ResidualNets
import TorchCore

/// Goes through a network and what is claimed of it, stage by stage.
struct StageWalk {
  let iterations: Int
  let stream: RandomStream
  var findings = ProofFindings()

  init(iterations: Int, stream: RandomStream) {
    self.iterations = iterations
    self.stream = stream
  }

  mutating func check(
    _ stages: [Stage], _ claims: [StageClaim], inside place: String, shape: inout SampleShape
  ) throws {
    guard stages.count == claims.count else {
      findings.refusals.append(
        Refusal(
          place, "stages", .mismatch, claimed: Double(claims.count), found: Double(stages.count),
          "the certificate does not speak of every stage once"))
      shape = try stages.outputShape(of: shape)
      return
    }
    for (stage, claim) in zip(stages, claims) {
      let input = shape
      shape = try stage.outputShape(of: input)
      guard stage.name == claim.name, stage.operation.kind == claim.kind else {
        findings.refusals.append(
          Refusal(stage.name, "kind", .mismatch, "claimed \(claim.kind) '\(claim.name)', it is \(stage.operation.kind)")
        )
        continue
      }
      try check(stage, claim, input: input)
    }
  }

  private mutating func check(_ stage: Stage, _ claim: StageClaim, input: SampleShape) throws {
    if let linear = try LinearStage(stage, input: input) {
      return try check(linear, claim)
    }
    switch (stage.operation, claim.block) {
    case (.residual(let shortcut, let branch, let scale), let block?)
    where block.composition == .residual && block.scale == scale:
      var (one, other) = (input, input)
      try check(shortcut, block.shortcut, inside: stage.name, shape: &one)
      try check(branch, block.branch, inside: stage.name, shape: &other)
      let carried = OutwardInterval(composing: block.shortcut)
      compose(
        stage.name, carried + OutwardInterval(composing: block.branch) * OutwardInterval(abs(scale)), claim.upper)
    case (.implicit(let branch, let step), let block?)
    where block.composition == .root && block.scale == step && block.shortcut.isEmpty:
      var shape = input
      try check(branch, block.branch, inside: stage.name, shape: &shape)
      let reach = OutwardInterval(composing: block.branch) * OutwardInterval(abs(step))
      compose(stage.name, reach.resolvent, claim.upper)
    case (.residual, _), (.implicit, _):
      findings.refusals.append(Refusal(stage.name, "block", .mismatch, "its composition or scale is not the network's"))
    default: try checkConstant(stage, claim, input: input)
    }
  }

  /// What stated parts compose to, against what is stated of the whole.
  mutating func compose(_ place: String, _ parts: OutwardInterval, _ claimed: Double) {
    let isRefuted = claimed < parts.low
    findings.require(
      claimed >= parts.high,
      Refusal(
        place, "composition", isRefuted ? .refuted : .notConfirmed, claimed: claimed,
        found: isRefuted ? parts.low : parts.high, "its parts compose to more"))
  }

  private mutating func check(_ linear: LinearStage, _ claim: StageClaim) throws {
    func refuse(_ verdict: Refusal.Verdict, found: Double? = nil, _ reason: String) -> Refusal {
      Refusal(claim.name, "norm", verdict, claimed: claim.upper, found: found, reason)
    }
    var lower = try linear.lowerBound(iterations: iterations, stream: stream.stream(claim.name))
    if let witness = claim.witness {
      let reached = try linear.lowerBound(iterations: witness.iterations, seed: witness.seed, name: claim.name)
      findings.require(
        reached >= witness.lower,
        Refusal(
          claim.name, "witness", .refuted, claimed: witness.lower, found: reached, "its vector does not reach as far"))
      lower = max(lower, reached)
    }
    guard claim.upper >= lower else {
      findings.refusals.append(refuse(.refuted, found: lower, "power iteration reaches more"))
      return
    }
    do {
      let upper = try linear.checkedBound(by: claim.method)
      guard claim.upper >= upper else {
        findings.refusals.append(refuse(.notConfirmed, found: upper, "the check's own bound is higher"))
        return
      }
      findings.norms.append(
        ProofFindings.CheckedNorm(stage: claim.name, claimed: claim.upper, lower: lower, upper: upper))
    } catch let error as OperatorNormError {
      findings.refusals.append(refuse(.notConfirmed, error.description))
    }
  }
}
