import RandomStreams
import Results
import TorchCore

/// Steps up a loss inside a ball and the box [0, 1], from a random start: what adversarial training perturbs its
/// batches with. Where ``PGD`` looks for the best point that it has seen, this takes the last one, fooled or not.
///
/// x₀ = Π(start), or the start itself where that says so; x ← Π(x + α·d) with d the steepest direction of the norm. Π
/// is that of the attacks, so that the result lies in the ball of the exact ε and in the box.
public struct GradientAscent: Sendable, Hashable {
  public enum Start: Sendable, Hashable {
    /// Uniformly in the ball, clipped to the box.
    case uniform
    /// Uniformly in the ball, and left there: the box holds from the first step on. Where most pixels are black or
    /// white, clipping would take half of the noise away, and a single step needs it (Wong, Rice and Kolter 2020, whose
    /// program for MNIST begins so).
    case uniformBeyondBox
    /// The clean image plus normal noise of this standard deviation, in pixels.
    case gaussian(deviation: Double)
  }

  public var ball: PerturbationBall
  public var start: Start
  /// Gradients taken; at least 1.
  public var steps: Int
  /// α.
  public var stepSize: StepSize

  public init(_ ball: PerturbationBall, start: Start, steps: Int, stepSize: StepSize) {
    self.ball = ball
    self.start = start
    self.steps = steps
    self.stepSize = stepSize
  }

  /// A point of the ball and the box for every sample, outside any graph.
  /// - Parameters:
  ///   - clean: N×C×H×W in [0, 1], fp32.
  ///   - streams: one a sample, for the start.
  ///   - loss: of points as `clean`; a sum over samples of which none depends on another's pixels.
  /// - Throws: ``RobustnessError/unequalCounts(what:found:expected:)``, and what `loss` throws.
  public func points(
    around clean: Tensor, streams: [RandomStream], _ loss: (Tensor) throws -> Tensor
  ) throws -> Tensor {
    try RobustnessError.requireEqual("random streams", streams.count, clean.size(0))
    try RobustnessError.require(steps >= 1, "an ascent's steps", "must be at least 1")
    try stepSize.check("an ascent")
    let set = try FeasibleSet(
      ball.norm, around: clean.detached(), radii: Array(repeating: ball.radius, count: streams.count))
    let sizes = try stepSize.values(set.stepRadii(), steps: steps)
    var points = try started(set, streams)
    for _ in 0..<steps {
      let leaf = try points.asLeaf()
      let found = try gradients(of: loss(leaf), withRespectTo: [leaf])[0] ?? leaf.zerosLike()
      // A gradient that is not finite leads nowhere: its sample stays.
      let isFinite = try found.abs().max([1, 2, 3], keepingDimensions: true).isFinite()
      let gradient = try isFinite.select(found, found.zerosLike())
      let direction = try steepestDirection(of: gradient, ball.norm, at: points)
      points = try set.project(points.addingProduct(direction, sizes))
    }
    return points
  }

  private func started(_ set: FeasibleSet, _ streams: [RandomStream]) throws -> Tensor {
    switch start {
    case .uniform: return try set.randomPoints(streams)
    case .uniformBeyondBox: return try set.ballPoints(streams)
    case .gaussian(let deviation):
      let noise = try Tensor.normal(perSample: streams, Array(set.clean.shape.dropFirst())).to(set.clean.device)
      return try set.project(set.clean + noise * deviation)
    }
  }
}
