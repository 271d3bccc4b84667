import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Robustness

/// The whole audit on networks that are honest and on networks that hide their adversarials on purpose.
@TorchActor @Suite struct NetworkAuditTests {
  private let data: Quadrants
  private let threat: PerturbationBall

  init() throws {
    try useOneThread()
    data = try Quadrants(60, seed: 3)
    threat = try ball(.linf, "8/255")
  }

  private var plan: AuditPlan {
    var plan = AuditPlan(.quick)
    (plan.images, plan.costlyImages) = (60, 40)
    plan.planted.innerPoints = 31
    return plan
  }

  private func honest() throws -> DeployedNetwork {
    try trainedNetwork(Quadrants(128, seed: 1), ball: threat, seed: 5)
  }

  private func rows(
    _ network: any Classifier, _ data: Quadrants? = nil, labels: [Int]? = nil, twin: (any Classifier)? = nil,
    bracket: BracketRecord? = nil
  ) throws -> [AuditRow] {
    let data = data ?? self.data
    return try NetworkAudit(
      network: network, plan: plan, ball: threat, twin: twin, subject: "quadrants"
    ).rows(
      pixels: data.pixels, labels: labels ?? data.labels, streams: sampleStreams(data.labels.count), bracket: bracket)
  }

  private func failures(_ rows: [AuditRow]) -> [String] { rows.filter { $0.verdict == .fail }.map(\.check) }

  @Test func anHonestNetworkPassesEveryRow() throws {
    let honest = try honest()
    let batch = try AttackBatch(honest, pixels: data.pixels, labels: data.labels, streams: sampleStreams(60))
    let robust = try Tally(PGD(steps: 10).perturb(batch, within: threat, carrying: nil).success.map { !$0 })
    let clean = Tally(batch.cleanCorrect)
    #expect(clean.correct > 45 && robust.correct > 20 && robust.correct < clean.correct, "\(clean) \(robust)")

    let twin = try trainedNetwork(Quadrants(128, seed: 2), ball: nil, seed: 6)
    let rows = try rows(honest, twin: twin, bracket: bracket(radii: [0.1], distances: [0.2]))
    #expect(rows.count == 17 && Set(rows.map(\.check)).count == 17)
    for row in rows { #expect(row.verdict == .pass, "\(row.check): \(row.detail)") }
    for row in rows { #expect(row.detail.hasPrefix("quadrants"), "\(row.detail)") }
  }

  @Test func whatHidesAdversarialsIsFlagged() throws {
    let honest = try honest()
    let zeroGradients = "gradients are finite and not zero"
    let noLogits = "outputs are logits, not probabilities"
    let repeats = "a repeated forward pass gives identical logits"
    for (name, network, expected) in [
      ("saturated softmax", try saturated(honest), [zeroGradients, Audit.plantedCheck, Audit.blackBoxCheck]),
      ("probabilities", ProbabilityClassifier(network: honest), [noLogits]),
      (
        "saturated probabilities", ProbabilityClassifier(network: try saturated(honest)),
        [noLogits, zeroGradients]
      ),
      (
        "quantised input", QuantizedClassifier(network: honest),
        [zeroGradients, Audit.plantedCheck, Audit.blackBoxCheck]
      ),
      ("noise in the forward pass", RandomizedClassifier(honest), [repeats]),
    ] as [(String, any Classifier, [String])] {
      let rows = try rows(network)
      let failed = failures(rows)
      #expect(Set(expected).isSubset(of: failed), "\(name): \(rows.map { "\($0.verdict) \($0.check): \($0.detail)" })")
    }
  }

  @Test func catastrophicOverfittingIsFlagged() throws {
    let network = OverfittedClassifier(epsilon: threat.radius)
    let pixels = try images(60, [1, 8, 8], seed: 9) * 0.5 + 0.25
    let labels = try network.logits(pixels).argmax(1).integers()
    let single = try FGSM().perturb(network, pixels: pixels, labels: labels, within: threat)
    #expect(single.success.count { $0 } <= 3, "it withstands single steps")
    let images = try AuditMaterial(
      network, pixels: pixels, labels: labels, streams: sampleStreams(60), limit: 60, batchSize: 60)
    let audit = NetworkAudit(network: network, plan: plan, ball: threat)
    let row = try audit.overfitting(images)
    #expect(row.verdict == .fail, "\(row.detail)")
    let restarted = try audit.restarts(images, images.attacked(plan.attack, within: threat))
    #expect(restarted.verdict == .fail, "PGD from the single step's end is lost there: \(restarted.detail)")
    let bare = try audit.planted(images)
    #expect(bare.verdict == .notApplicable && bare.detail.contains("does not show its features"))
  }

  @Test func whatCannotBeAskedIsSaid() throws {
    let network = try convolutionalNetwork(channels: 1)
    var plan = plan
    (plan.images, plan.costlyImages) = (3, 2)
    let rows = try NetworkAudit(network: network, plan: plan, ball: threat).rows(
      pixels: data.pixels, labels: ownLabels(network, data.pixels), streams: sampleStreams(60))
    let open = rows.filter { $0.verdict == .notApplicable }
    #expect(open.map(\.check) == [Audit.transferCheck, Audit.certificatesCheck])
    #expect(open.allSatisfy { !$0.detail.isEmpty })

    let nothing = try NetworkAudit(network: network, plan: plan, ball: threat).rows(
      pixels: .zeros([0, 1, 8, 8]), labels: [], streams: [])
    #expect(nothing.count == 17 && nothing.allSatisfy { $0.verdict == .notApplicable }, "\(nothing)")

    let off = try NetworkAudit(network: network, plan: AuditPlan(.off), ball: threat).rows(
      pixels: data.pixels, labels: data.labels, streams: sampleStreams(60))
    #expect(off.map(\.verdict) == [.notApplicable])

    plan.images = 0
    #expect(throws: RobustnessError.self) {
      try NetworkAudit(network: network, plan: plan, ball: threat).rows(
        pixels: data.pixels, labels: data.labels, streams: sampleStreams(60))
    }
    #expect(throws: CancellationError.self) {
      try NetworkAudit(network: network, plan: self.plan, ball: threat).rows(
        pixels: data.pixels, labels: data.labels, streams: sampleStreams(60)
      ) { throw CancellationError() }
    }
  }

  /// One class, other norms, ε = 0: every row has an answer.
  @Test func oddCasesAreDefined() throws {
    var plan = plan
    (plan.images, plan.costlyImages, plan.batchSize, plan.planted.innerPoints) = (5, 3, 2, 7)
    for (classes, norm, size) in [(1, PerturbationNorm.linf, "8/255"), (3, .l2, "1/2"), (2, .l1, "4"), (3, .linf, "0")]
    {
      let network = try convolutionalNetwork(channels: 1, classes: classes)
      let rows = try NetworkAudit(network: network, plan: plan, ball: ball(norm, size)).rows(
        pixels: data.pixels, labels: ownLabels(network, data.pixels), streams: sampleStreams(60))
      #expect(rows.count == 17)
      if size == "0" {
        #expect(rows.contains { $0.check == Audit.plantedCheck && $0.verdict == .notApplicable })
      }
    }
  }
}
