import RandomStreams
import Results
import TorchCore

/// A way to look for adversarial images. The threat model is given to it; the loss and the effort are its own.
///
/// How much an attack may spend is stated where it is made; ``AttackKind/attack(_:)`` makes it with the effort that
/// commands and configurations take where none is given. Attacks are written in this room: results are made, and their
/// successes judged, here alone.
public protocol Attack: Sendable {
  /// As reports and options name it: `fgsm`, `pgd`.
  var name: String { get }
  /// Whether it starts from the clean gradient of the cross-entropy, which ``AttackBatch`` can prepare. (default: no)
  var usesCleanGradient: Bool { get }
  /// Every setting that shapes the result, in words for the report, as it is for a network of so many classes.
  func settings(classes: Int) -> String

  /// Attacks every sample of the batch that is open to attack: those classified correctly, where any other label is the
  /// goal.
  ///
  /// - Parameter smaller: what was found within a smaller ball of the same norm. Its successes count here as they are
  ///   (the envelope of the ε-curve), and nothing is spent on those samples again. Nil attacks this ball on its own.
  /// - Throws: ``RobustnessError``, `TorchError`.
  func perturb(_ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?) throws
    -> AttackResult

  /// Accuracy against ε: one result a ball.
  ///
  /// - Parameters:
  ///   - epsilons: ascending, so that an envelope can carry its adversarials along.
  ///   - form: raw: each ε on its own; envelope: a success at a smaller ε counts at every larger one.
  ///   - before: called before work on a ball begins; what it throws ends the curve.
  func curve(
    _ batch: AttackBatch, _ norm: PerturbationNorm, _ epsilons: [Rational], form: CurveRecord.Form,
    before: (PerturbationBall) throws -> Void
  ) throws -> [AttackResult]
}

extension Attack {
  public var usesCleanGradient: Bool { false }

  /// One batch, one ball.
  ///
  /// - Parameters:
  ///   - pixels: N×C×H×W in [0, 1], fp32.
  ///   - streams: a random stream per sample.
  public func perturb(
    _ network: any Classifier, pixels: Tensor, labels: [Int], within ball: PerturbationBall,
    goal: AttackGoal = .misclassification, streams: [RandomStream] = []
  ) throws -> AttackResult {
    let batch = try AttackBatch(
      network, pixels: pixels, labels: labels, goal: goal, streams: streams, preparingGradient: usesCleanGradient)
    return try perturb(batch, within: ball, carrying: nil)
  }

  public func curve(
    _ batch: AttackBatch, _ norm: PerturbationNorm, _ epsilons: [Rational], form: CurveRecord.Form = .raw,
    before: (PerturbationBall) throws -> Void = { _ in }
  ) throws -> [AttackResult] {
    try Self.results(Self.balls(norm, epsilons), form) { ball, smaller in
      try before(ball)
      return try perturb(batch, within: ball, carrying: smaller)
    }
  }

  static func balls(_ norm: PerturbationNorm, _ epsilons: [Rational]) throws -> [PerturbationBall] {
    guard zip(epsilons, epsilons.dropFirst()).allSatisfy({ $0 <= $1 }) else {
      throw RobustnessError.invalidSetting(
        name: "the list of ε", reason: "must ascend: \(epsilons.map(\.text).joined(separator: ", "))")
    }
    return epsilons.map { PerturbationBall(norm, $0) }
  }

  static func results(
    _ balls: [PerturbationBall], _ form: CurveRecord.Form,
    _ result: (PerturbationBall, AttackResult?) throws -> AttackResult
  ) rethrows -> [AttackResult] {
    var results: [AttackResult] = []
    for ball in balls { results.append(try result(ball, form == .envelope ? results.last : nil)) }
    return results
  }
}
