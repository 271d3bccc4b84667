import TorchCore

/// How Auto-PGD steps in one norm, and what it changes at its checkpoints: all that is remembered of each sample beside
/// its points and losses.
protocol AutoStepRule {
  /// The passes, counted from 0 at the start, at which a climb of so many steps looks back.
  static func checkpoints(steps: Int) -> [Int]

  /// Takes note of the loss that every point of a pass has, N.
  mutating func record(_ losses: Tensor) throws

  /// The next points.
  /// - Parameters:
  ///   - gradient: at these points, N×C×H×W, finite.
  ///   - sizes: η, N×1×1×1.
  mutating func step(from points: Tensor, _ gradient: Tensor, sizes: Tensor, in set: FeasibleSet) throws -> Tensor

  /// At a checkpoint: the new step sizes, N×1×1×1, and which samples (Boolean, N) go back to their best points.
  /// - Parameters:
  ///   - best: the points of highest loss so far, with their losses, N.
  ///   - steps: taken since the last checkpoint.
  mutating func lookBack(
    at best: Tensor, _ losses: Tensor, sizes: Tensor, in set: FeasibleSet, steps: Int
  ) throws -> (sizes: Tensor, returns: Tensor)

  /// The same for the samples that `places` (int64) names.
  func selecting(_ places: Tensor) throws -> Self
}
