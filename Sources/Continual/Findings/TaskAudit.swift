import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

/// The audit rows of one task's network, on a sample of its test images: what a reviewer would ask of the evaluation.
struct TaskAudit {
  let network: DeployedNetwork
  let benchmark: TaskBenchmark
  let stream: RandomStream
  /// At most so many images, so that the audit costs about as much as one attack.
  static let sampleSize = 100

  func rows(bracket: BracketRecord?) throws -> [AuditRow] {
    let count = min(Self.sampleSize, benchmark.count)
    let places = (0..<count).map { $0 * benchmark.count / max(count, 1) }
    let indices = places.map { benchmark.task.test[$0] }
    let targets = benchmark.targets
    let batch = try AttackBatch(
      network, pixels: benchmark.images.pixels(indices, on: benchmark.device), labels: places.map { targets[$0] },
      streams: indices.map { stream.stream($0) })
    let context = benchmark.task.name

    let epsilon = try Rational("8/255")
    let ball = PerturbationBall(.linf, epsilon)
    func correct(_ attack: any Attack, _ ball: PerturbationBall) throws -> [Bool] {
      try attack.perturb(batch, within: ball, carrying: nil).success.map { !$0 }
    }
    let pgd = PGD(steps: 10)
    let iterative = try pgd.perturb(batch, within: ball, carrying: nil)
    let iterativeCorrect = iterative.success.map { !$0 }
    let curve = try [Rational("2/255"), Rational("4/255")].map {
      (epsilon: $0, correct: try correct(pgd, PerturbationBall(.linf, $0)))
    }
    var rows = try [
      Audit.iterativeIsStronger(
        singleStep: correct(FGSM(), ball), iterative: iterativeCorrect, context: context),
      Audit.accuracyFalls(curve + [(epsilon, iterativeCorrect)], context: context),
      Audit.doublingChangesLittle(
        correct: iterativeCorrect, doubled: correct(PGD(steps: 20), ball), context: context),
      Audit.noiseIsWeaker(noise: correct(EqualNormNoise(), ball), attack: iterativeCorrect, context: context),
      Audit.halfBallIsAtChance(
        correct: correct(PGD(steps: 20), PerturbationBall(.linf, Rational("1/2"))), classes: network.classCount,
        context: context),
      Audit.gradientsAreUsable(iterative.gradients, classes: network.classCount, context: context),
      Audit.outputsAreLogits(batch.cleanLogits, context: context),
      Audit.forwardRepeats(network, batch.pixels, context: context),
    ]
    if let bracket {
      rows.append(
        try Audit.certificatesHold(
          Bracket(certifiedRadius: bracket.certifiedRadius, attackDistance: bracket.attackDistance), context: context))
    }
    return rows
  }
}
