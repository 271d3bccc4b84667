import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

/// The audit rows of one task's network, on samples of its test images: what a reviewer would ask of the evaluation.
struct TaskAudit {
  let network: DeployedNetwork
  let benchmark: TaskBenchmark
  let stream: RandomStream
  /// The threat model under audit.
  let ball: PerturbationBall
  let plan: AuditPlan
  /// Called before work on a row; what it throws ends the audit.
  let stopIfAsked: () throws -> Void

  func rows(bracket: BracketRecord?) throws -> [AuditRow] {
    let audit = NetworkAudit(
      network: network, plan: plan, ball: ball,
      subject: benchmark.task.name)
    let sample = try benchmark.sample(plan.images)
    return try audit.rows(
      pixels: sample.pixels, labels: sample.labels, streams: sample.indices.map { stream.stream($0) },
      bracket: bracket, stopIfAsked: stopIfAsked)
  }
}
