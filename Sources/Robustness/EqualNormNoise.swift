import RandomStreams
import Results
import TorchCore

/// Random noise that is as large as the ball allows: what an attack must beat, or its gradients are worth nothing.
///
/// L∞: every pixel moves by +ε or −ε with equal odds. L2: a direction drawn uniformly from the sphere, of length ε.
/// Both are clipped to the box. Of several draws a sample keeps the first that fools the network.
public struct EqualNormNoise: Attack {
  public var draws: Int

  public init(draws: Int = 1) { self.draws = draws }

  public var name: String { "noise" }
  public var usesCleanGradient: Bool { false }
  public func settings(classes: Int) -> String { "\(draws) random perturbation(s) of norm ε" }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    guard draws >= 1 else { throw RobustnessError.invalidSetting(name: "draws", reason: "must be at least 1") }
    guard batch.count > 0 else { return .unperturbed(batch) }
    let set = try FeasibleSet(
      ball.norm, around: batch.pixels, radii: Array(repeating: ball.radius, count: batch.count))
    let streams = try batch.streams("noise")
    var best = AttackResult.unperturbed(batch)
    for draw in 0..<draws where best.success.contains(false) {
      let direction = try noise(ball.norm, streams.map { $0.stream(draw) }, like: batch.pixels)
      let stepped = try set.project(batch.pixels.addingProduct(direction, set.stepRadii()))
      let points = try sampleMask(batch.cleanCorrect, like: stepped).select(stepped, batch.pixels)
      let result = try AttackResult.judged(batch, points, ball.norm, GradientStatistics())
      best = try result.overlaying(successesOf: best)
    }
    return try best.overlaying(successesOf: smaller)
  }

  private func noise(_ norm: PerturbationNorm, _ streams: [RandomStream], like pixels: Tensor) throws -> Tensor {
    let shape = Array(pixels.shape.dropFirst())
    switch norm {
    case .linf:
      let uniform = try Tensor.uniform(perSample: streams, shape).to(pixels.device).channelsLast()
      // Half of all draws are below ½ exactly, and none is lost to a sign of 0.
      return try uniform.less(0.5).select(uniform.zerosLike() - 1, uniform.zerosLike() + 1)
    case .l2: return try randomDirections(streams, shape, on: pixels.device)
    case .l1: throw RobustnessError.unsupportedNorm(attack: name, norm: norm)
    }
  }
}

/// A direction of length 1 per sample, uniform on the sphere, N×shape, channels-last.
func randomDirections(_ streams: [RandomStream], _ shape: [Int], on device: Device) throws -> Tensor {
  let normal = try Tensor.normal(perSample: streams, shape).to(device).channelsLast()
  return try normal / normal.norm(2, [1, 2, 3], keepingDimensions: true)
}
