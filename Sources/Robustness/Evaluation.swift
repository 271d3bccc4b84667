import RandomStreams
import ResidualNets
import Results
import TensorFiles
import TorchCore

/// Accuracy under attack: every image of a list, in batches of fixed boundaries, each with a random stream of its own.
public struct Evaluation {
  public var network: DeployedNetwork
  public var plan: EvaluationPlan
  /// The root of all random draws.
  public var stream: RandomStream

  public init(_ network: DeployedNetwork, _ plan: EvaluationPlan, stream: RandomStream) {
    self.network = network
    self.plan = plan
    self.stream = stream
  }

  /// Runs the plan.
  ///
  /// - Parameters:
  ///   - labels: the true class of every image, in the order of evaluation.
  ///   - indices: every image's own index in its data set, which keys its random stream: the same image draws the same
  ///     numbers whatever stands beside it.
  ///   - pixels: fp32 N×C×H×W in [0, 1] of the images at these places of the order; one batch at a time, in order.
  ///   - progress: called with the number of images done after each batch.
  ///   - isCancelled: asked before every attack on every batch.
  /// - Throws: ``RobustnessError`` (`cancelled` where `isCancelled` said so), `TorchError`, and what `pixels` throws.
  public func run(
    labels: [Int], indices: [Int], pixels: (Range<Int>) throws -> Tensor, progress: (Int) -> Void = { _ in },
    isCancelled: () -> Bool = { false }
  ) throws -> EvaluationOutcome {
    guard plan.batchSize >= 1 else {
      throw RobustnessError.invalidSetting(name: "the batch size", reason: "must be at least 1")
    }
    try RobustnessError.requireEqual("image indices", indices.count, labels.count)
    var outcome = EvaluationOutcome(labels: labels, cleanPredictions: [], cleanCorrect: [], attacks: [], kept: [])
    outcome.attacks = plan.attacks.flatMap { planned in
      let settings = planned.attack.settings(classes: network.classCount)
      return planned.epsilons.map {
        AttackOutcome(
          attack: planned.attack.name, ball: .init(planned.norm, $0), form: planned.form, settings: settings)
      }
    }
    let usesGradient = plan.attacks.contains { $0.attack.usesCleanGradient }
    for start in stride(from: 0, to: labels.count, by: plan.batchSize) {
      let places = start..<min(start + plan.batchSize, labels.count)
      func stopIfAsked() throws {
        if isCancelled() { throw RobustnessError.cancelled(evaluated: start, of: labels.count) }
      }
      try stopIfAsked()
      let batch = try AttackBatch(
        network, pixels: pixels(places), labels: Array(labels[places]),
        streams: places.map { stream.stream(indices[$0]) }, preparingGradient: usesGradient)
      outcome.cleanPredictions += batch.cleanPredictions
      outcome.cleanCorrect += batch.cleanCorrect
      try attack(batch, at: places, &outcome, stopIfAsked)
      progress(places.upperBound)
    }
    return outcome
  }

  private func attack(
    _ batch: AttackBatch, at places: Range<Int>, _ outcome: inout EvaluationOutcome, _ stopIfAsked: () throws -> Void
  ) throws {
    var slot = 0
    for planned in plan.attacks {
      var smaller: AttackResult?
      for epsilon in planned.epsilons {
        try stopIfAsked()
        let ball = PerturbationBall(planned.norm, epsilon)
        let result = try planned.attack.perturb(batch, within: ball, carrying: smaller)
        if planned.form == .envelope { smaller = result }
        outcome.attacks[slot].append(result)
        for place in places where plan.kept.contains(place) {
          outcome.kept.append(try kept(place, place - places.lowerBound, batch, planned.attack.name, ball, result))
        }
        slot += 1
      }
    }
  }

  private func kept(
    _ place: Int, _ row: Int, _ batch: AttackBatch, _ attack: String, _ ball: PerturbationBall, _ result: AttackResult
  ) throws -> KeptAdversarial {
    let image = { (pixels: Tensor) in
      try pixels.narrowed(0, from: row, count: 1).reshaped(Array(pixels.shape.dropFirst())).host()
    }
    return try KeptAdversarial(
      place: place, attack: attack, ball: ball, label: batch.labels[row],
      cleanPrediction: batch.cleanPredictions[row], prediction: result.predictions[row], success: result.success[row],
      clean: image(batch.pixels), adversarial: image(result.adversarial))
  }
}
