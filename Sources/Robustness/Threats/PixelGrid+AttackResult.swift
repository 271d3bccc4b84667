import TorchCore

extension PixelGrid {
  /// Which samples still reach the goal once their adversarials are images of whole levels, as they would be read from
  /// PNGs. Samples that the attack missed are not asked again, and those that reach the goal clean still do.
  ///
  /// - Throws: ``RobustnessError/cleanPixelOffGrid(farthest:)``, `TorchError`.
  public func survivors(of result: AttackResult, _ batch: AttackBatch, within ball: PerturbationBall) throws -> [Bool] {
    let rows = batch.labels.indices.filter { result.success[$0] && batch.isOpen[$0] }
    var survives = batch.cleanReached
    guard !rows.isEmpty else { return survives }
    let index = try Tensor(indices: rows).to(batch.pixels.device)
    let levels = try levels(
      result.adversarial.selectingImages(index), clean: batch.pixels.selectingImages(index), within: ball)
    let verdict = try Judgement(
      batch.network, pixels(levels: levels), labels: rows.map { batch.labels[$0] }, goal: batch.goal.selecting(rows))
    for (place, row) in rows.enumerated() { survives[row] = verdict.reached[place] }
    return survives
  }

  /// What a decoder makes of levels: fp32 N×C×H×W in [0, 1], channels-last.
  func pixels(levels: Tensor) throws -> Tensor { try (levels.to(.float32) / Double(depth.maximum)).channelsLast() }
}
