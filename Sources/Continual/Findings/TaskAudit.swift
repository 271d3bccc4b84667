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

  /// At most so many images, so that the audit costs about as much as one attack.
  private static let sampleSize = 100
  /// Of rows that take the greatest effort per image.
  private static let costlySampleSize = 25
  private static let pgd = PGD(steps: 10)
  private static let longPGD = PGD(steps: 20)

  func rows(bracket: BracketRecord?) throws -> [AuditRow] {
    let ball = PerturbationBall(.linf, try Rational("8/255"))
    return try comparisons(ball) + extremes(ball) + certificates(bracket)
  }

  /// Attacks against each other within one ball, and the network's answers on the same images.
  private func comparisons(_ ball: PerturbationBall) throws -> [AuditRow] {
    let batch = try batch(Self.sampleSize)
    let iterative = try Self.pgd.perturb(batch, within: ball, carrying: nil)
    let iterativeCorrect = correct(iterative)
    let smaller = try [Rational("2/255"), Rational("4/255")].map { epsilon in
      let ball = PerturbationBall(ball.norm, epsilon)
      return (epsilon: epsilon, correct: try correct(Self.pgd, batch, ball))
    }
    let half = PerturbationBall(.linf, try Rational("1/2"))
    return try [
      Audit.iterativeIsStronger(
        singleStep: correct(FGSM(), batch, ball), iterative: iterativeCorrect,
        context: context(ball, Self.pgd) + " against FGSM"),
      Audit.accuracyFalls(
        smaller + [(ball.epsilon, iterativeCorrect)],
        context: context("\(ball.norm.symbol) 2/255 to \(ball.epsilon.text)", Self.pgd)),
      Audit.doublingChangesLittle(
        correct: iterativeCorrect, doubled: correct(Self.longPGD, batch, ball),
        context: context(ball, Self.pgd) + " against \(Self.longPGD.steps)"),
      Audit.noiseIsWeaker(
        noise: correct(EqualNormNoise(), batch, ball), attack: iterativeCorrect, context: context(ball, Self.pgd)),
      Audit.halfBallIsAtChance(
        correct: correct(Self.longPGD, batch, half), classes: network.classCount,
        context: context(half, Self.longPGD)),
      Audit.gradientsAreUsable(
        iterative.gradients, classes: network.classCount, context: context(ball, Self.pgd)),
      Audit.outputsAreLogits(batch.cleanLogits, context: benchmark.task.name),
      Audit.forwardRepeats(network, batch.pixels, context: benchmark.task.name),
    ]
  }

  /// The largest ball, and the most restarts.
  private func extremes(_ ball: PerturbationBall) throws -> [AuditRow] {
    let batch = try batch(Self.costlySampleSize)
    let everything = PerturbationBall(.linf, try Rational("1"))
    let once = try Self.pgd.perturb(batch, within: ball, carrying: nil)
    // The first of ten starts is behind, so nine more, on what withstood it.
    let more = PGD(steps: Self.pgd.steps, starts: Array(repeating: .random, count: 9))
    let restarted = try more.perturb(batch, within: ball, carrying: once)
    return try [
      Audit.curveReachesZero(
        correct: correct(Self.longPGD, batch, everything), classes: network.classCount,
        context: context(everything, Self.longPGD)),
      Audit.restartsChangeLittle(
        correct: correct(once), restarted: correct(restarted), context: context(ball, Self.pgd)),
    ]
  }

  private func certificates(_ bracket: BracketRecord?) throws -> [AuditRow] {
    guard let bracket else { return [] }
    let search = context("\(bracket.norm.symbol), the nearest adversarial", MinimalEpsilon().pgd)
    return [try Audit.certificatesHold(bracket, context: search)]
  }

  private func batch(_ size: Int) throws -> AttackBatch {
    let sample = try benchmark.sample(size)
    return try AttackBatch(
      network, pixels: sample.pixels, labels: sample.labels, streams: sample.indices.map { stream.stream($0) })
  }

  private func correct(_ attack: any Attack, _ batch: AttackBatch, _ ball: PerturbationBall) throws -> [Bool] {
    correct(try attack.perturb(batch, within: ball, carrying: nil))
  }

  private func correct(_ result: AttackResult) -> [Bool] { result.success.map { !$0 } }

  /// Task, threat model, attack and effort, as every detail begins.
  private func context(_ ball: PerturbationBall, _ pgd: PGD) -> String { context("\(ball)", pgd) }

  private func context(_ threat: String, _ pgd: PGD) -> String {
    "\(benchmark.task.name), \(threat), PGD \(pgd.steps) steps"
  }
}
