import ImageData
import RandomStreams
import TorchCore

/// Images under audit, in batches.
struct AuditMaterial {
  let batches: [AttackBatch]

  /// At most `limit` of the images, spread evenly over them; without images one batch of none.
  init(
    _ network: any Classifier, pixels: Tensor, labels: [Int], streams: [RandomStream], limit: Int, batchSize: Int
  ) throws {
    try RobustnessError.requireEqual("labels", labels.count, pixels.size(0))
    try RobustnessError.requireEqual("random streams", streams.count, labels.count)
    let places = evenlySpread(limit, over: labels.count)
    let starts = places.isEmpty ? [0] : Array(stride(from: 0, to: places.count, by: batchSize))
    batches = try starts.map { start in
      let chosen = Array(places[start..<min(start + batchSize, places.count)])
      return try AttackBatch(
        network, pixels: pixels.selectingImages(Tensor(indices: chosen).to(pixels.device)),
        labels: chosen.map { labels[$0] }, streams: chosen.map { streams[$0] })
    }
  }

  func attacked(_ attack: any Attack, within ball: PerturbationBall) throws -> [AttackResult] {
    try batches.map { try attack.perturb($0, within: ball, carrying: nil) }
  }

  /// The same, sparing what fell already.
  func attacked(
    _ attack: any Attack, within ball: PerturbationBall, carrying earlier: [AttackResult]
  ) throws -> [AttackResult] {
    try zip(batches, earlier).map { try attack.perturb($0, within: ball, carrying: $1) }
  }

  /// Correct when clean and under attack, per image.
  func correct(_ attack: any Attack, within ball: PerturbationBall) throws -> [Bool] {
    try attacked(attack, within: ball).correct
  }

  /// Correct on other points of the images, one tensor a batch.
  func correct(on points: [Tensor]) throws -> [Bool] {
    try zip(batches, points).flatMap { batch, points in
      zip(batch.cleanCorrect, try Judgement(batch.network, points, labels: batch.labels).correct).map { $0 && $1 }
    }
  }
}

extension [AttackResult] {
  var correct: [Bool] { flatMap { $0.success.map { !$0 } } }

  var gradients: GradientStatistics { map(\.gradients).reduce(GradientStatistics(), +) }
}
