import Results
import TorchCore

extension PixelGrid {
  /// Which samples still reach the goal once their adversarials are images of whole levels, as they would be read from
  /// PNGs. Samples that the attack missed are not asked again, and those that reach the goal clean still do.
  ///
  /// - Throws: ``RobustnessError/cleanPixelOffGrid(farthest:bits:)``, `TorchError`.
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

  /// The verdict on images that were written and read back.
  public struct Rescoring: Sendable, Equatable {
    public var predictions: [Int]
    /// Whether each still fools the network.
    public var fooled: [Bool]
    /// The norm of the perturbation on the grid, in fp64.
    public var distances: [Double]
  }

  /// Scores decoded images again.
  ///
  /// - Parameters:
  ///   - images, clean: height × width × channels samples each.
  ///   - labels: the true classes.
  public func rescore(
    _ network: any Classifier, images: [[UInt8]], clean: [[UInt8]], labels: [Int], norm: PerturbationNorm
  ) throws -> Rescoring {
    try RobustnessError.requireEqual("clean images", clean.count, images.count)
    try RobustnessError.requireEqual("labels", labels.count, images.count)
    guard !images.isEmpty else { return Rescoring(predictions: [], fooled: [], distances: []) }
    guard network.inputShape.count == 3 else {
      throw RobustnessError.pixelShape(found: [], expected: network.inputShape)
    }
    let (channels, height, width) = (network.inputShape[0], network.inputShape[1], network.inputShape[2])
    let decoded = try pixels(images, channels: channels, height: height, width: width)
    let original = try pixels(clean, channels: channels, height: height, width: width)
    let verdict = try Judgement(network, decoded.to(network.device), labels: labels)
    // In whole steps, which are exact; the floats of two levels differ from their quotient by a rounding.
    let steps = { (pixels: Tensor) in try (pixels.to(.float64) * maximum).rounded() }
    return try Rescoring(
      predictions: verdict.predictions, fooled: verdict.correct.map { !$0 },
      distances: distances(norm, steps(decoded), from: steps(original)).map { $0 / maximum })
  }
}
