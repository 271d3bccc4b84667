import RandomStreams
import Results
import TorchCore

/// Random noise that is as large as the ball allows: what an attack must beat, or its gradients are worth nothing.
///
/// L∞: every pixel moves by +ε or −ε with equal odds. L2 and L1: a direction drawn uniformly from the sphere, of length
/// ε. All are clipped to the box. Of several draws a sample keeps the first that fools the network.
public struct EqualNormNoise: Attack {
  public var draws: Int

  public init(draws: Int = 1) { self.draws = draws }

  public var name: String { "noise" }
  public func settings(classes: Int) -> String { "\(draws) random perturbation(s) of norm ε" }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    try RobustnessError.require(draws >= 1, "draws", "must be at least 1")
    guard batch.count > 0 else { return .unperturbed(batch) }
    let set = try FeasibleSet(
      ball.norm, around: batch.pixels, radii: Array(repeating: ball.radius, count: batch.count))
    let streams = try batch.streams("noise")
    var effort = SearchEffort(count: batch.count)
    var best = AttackResult.unperturbed(batch)
    for draw in 0..<draws where best.success.contains(false) {
      let direction = try noise(ball.norm, streams.map { $0.stream(draw) }, like: batch.pixels)
      let stepped = try set.project(batch.pixels.addingProduct(direction, set.stepRadii()))
      let points = try sampleMask(batch.isOpen, like: stepped).select(stepped, batch.pixels)
      let live = batch.openRows(besides: best.success)
      let result = try AttackResult.judged(batch, points, ball.norm, SearchEffort(count: batch.count))
      effort.addForward(rows: live, where: live)
      best = try result.overlaying(successesOf: best)
    }
    best.effort = effort
    return try best.overlaying(successesOf: smaller)
  }

  private func noise(_ norm: PerturbationNorm, _ streams: [RandomStream], like pixels: Tensor) throws -> Tensor {
    try randomDirections(norm, streams, Array(pixels.shape.dropFirst()), on: pixels.device)
  }
}
