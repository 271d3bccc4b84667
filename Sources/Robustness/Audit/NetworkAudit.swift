import RandomStreams
import Results
import TorchCore

/// Asks every question of ``Audit`` of one network: one row each, whatever the answer, so that nobody takes silence for
/// a pass.
public struct NetworkAudit {
  public let network: any Classifier
  public let plan: AuditPlan
  /// The threat model under audit.
  public let ball: PerturbationBall
  /// An attack that sees logits alone.
  public var blackBox: (any Attack)? { ball.norm == .l1 ? nil : Square(queries: plan.queries) }
  /// A network of the same inputs and classes that was trained without a defence. It can be given here alone: a run
  /// has no such network, so its audit's row on transfer is not applicable.
  public let twin: (any Classifier)?
  /// What the rows are about, as every detail begins; may be empty.
  public let subject: String

  /// - Parameters:
  ///   - network: a planted adversary needs a ``FeatureClassifier``, such as a deployed network.
  ///   - twin: without it its row is not applicable.
  public init(
    network: any Classifier, plan: AuditPlan, ball: PerturbationBall, twin: (any Classifier)? = nil,
    subject: String = ""
  ) {
    self.network = network
    self.plan = plan
    self.ball = ball
    self.twin = twin
    self.subject = subject
  }

  /// Attacks the images, or as many of them as the plan has, and answers.
  ///
  /// - Parameters:
  ///   - pixels: N×C×H×W in [0, 1], fp32; any number.
  ///   - labels: the true classes.
  ///   - streams: a random stream per image.
  ///   - bracket: certificates and the nearest adversarials; without it that row is not applicable.
  ///   - stopIfAsked: called before work on a row begins; what it throws ends the audit.
  /// - Throws: ``RobustnessError``, `TorchError`, and what `stopIfAsked` throws.
  public func rows(
    pixels: Tensor, labels: [Int], streams: [RandomStream], bracket: BracketRecord? = nil,
    stopIfAsked: () throws -> Void = {}
  ) throws -> [AuditRow] {
    guard plan.level != .off else { return [Audit.row("the audit", nil, "turned off", subject)] }
    try plan.check()
    let material = { (network: any Classifier, limit: Int) in
      try AuditMaterial(
        network, pixels: pixels, labels: labels, streams: streams, limit: limit, batchSize: plan.batchSize)
    }
    let images = try material(network, plan.images)
    let audited = try images.attacked(plan.attack, within: ball)
    let few = try material(network, plan.costlyImages)
    let auditedFew = try few.attacked(plan.attack, within: ball)
    let questions: [() throws -> AuditRow] = [
      { try iterative(images, audited) },
      { try overfitting(images) },
      { try curve(images, audited) },
      { try halfBall(images) },
      { try everything(few) },
      { try doubling(images, audited) },
      { try restarts(few, auditedFew) },
      { try stepSizes(few, auditedFew) },
      { try blackBox(few, auditedFew) },
      { try noise(images, audited) },
      { try transfer(few, auditedFew) { try material($0, plan.costlyImages) } },
      { try targeted(few, auditedFew) },
      { Audit.gradientsAreUsable(audited.gradients, classes: network.classCount, context: context(plan.attack)) },
      { try Audit.outputsAreLogits(.concatenated(images.batches.map(\.cleanLogits)), context: subject) },
      { try Audit.forwardRepeats(network, images.batches[0].pixels, context: subject) },
      { try planted(few) },
      { try certificates(bracket) },
    ]
    return try questions.map { question in
      try stopIfAsked()
      return try question()
    }
  }

  /// Subject, threat model, attack and effort, as every detail begins.
  func context(_ pgd: PGD, _ ball: PerturbationBall? = nil) -> String {
    context("\(ball ?? self.ball), PGD \(pgd.steps) steps")
  }

  func context(_ setting: String) -> String { subject.isEmpty ? setting : "\(subject), \(setting)" }
}
