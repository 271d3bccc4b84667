import TorchCore

/// What a ``SpatialAttack`` achieved on a batch.
public struct SpatialResult {
  /// N×C×H×W in [0, 1], fp32: the images after their moves.
  public var adversarial: Tensor
  /// How each image was moved: the identity where nothing was worse.
  public var moves: [SpatialMove]
  /// Whether the label of ``adversarial`` is what the batch's goal wants. An image that reaches the goal clean is a
  /// success with itself as the adversarial.
  public var success: [Bool]
  /// The label of ``adversarial``.
  public var predictions: [Int]
  /// Forward passes spent on each sample.
  public var queries: [Int]

  public var count: Int { success.count }

  /// The moves, judged by one forward pass over the whole batch.
  /// - Parameter queries: spent before.
  init(_ batch: AttackBatch, moves: [SpatialMove], queries: [Int]) throws {
    let warped = try batch.pixels.warped(moves)
    adversarial = try batch.count == 0 ? warped : sampleMask(batch.isOpen, like: warped).select(warped, batch.pixels)
    let verdict = try Judgement(batch.network, adversarial, labels: batch.labels, goal: batch.goal)
    let isOpen = batch.isOpen
    success = isOpen.indices.map { isOpen[$0] ? verdict.reached[$0] : batch.cleanReached[$0] }
    predictions = isOpen.indices.map { isOpen[$0] ? verdict.predictions[$0] : batch.cleanPredictions[$0] }
    self.moves = moves
    self.queries = zip(queries, isOpen).map { $1 ? $0 + 1 : $0 }
  }
}
