import RandomStreams
import Results

/// Randomized smoothing: in place of a classifier f the smoothed one g(x) = argmax_c P(f(x + ε) = c), ε ~ N(0, σ²I),
/// which has a certified radius whatever f is.
///
/// Where the likeliest class has at least the probability p > ½, g gives it to every image within L2 distance
/// σ·Φ⁻¹(p) (theorem 1, with the other classes' probability taken to be 1 − p). p is estimated from draws, so that
/// what is said of an image may be wrong with probability `alpha`: it is *probabilistic*, of g and not of f.
///
/// Source: Cohen, Rosenfeld & Kolter 2019, "Certified adversarial robustness via randomized smoothing", algorithm 1.
///
/// Noise is drawn and added in double precision, is not clipped to [0, 1], and the sum is rounded once to the pixels'
/// type: what is smoothed is f behind that rounding, a function of real pixels like any other. That 53-bit numbers of a
/// generator stand for independent normal ones is taken for granted.
public struct RandomizedSmoothing: Sendable, Hashable, Codable {
  /// σ, the deviation of each pixel's noise, in pixels on [0, 1].
  public var sigma: Double
  /// n₀, the draws that select a class.
  public var selectionDraws: Int
  /// n, the draws that estimate its probability; of ``predict(_:indices:stream:pixels:progress:stopIfAsked:)`` all.
  public var estimationDraws: Int
  /// α, how likely an image may be certified, or predicted, wrongly.
  public var alpha: Double
  /// Noisy copies of an image that go through the network together. Votes do not depend on it, but for roundings of the
  /// logits.
  public var batchSize: Int

  /// - Parameters: the source's own but for `sigma`; see the properties.
  public init(
    sigma: Double, selectionDraws: Int = 100, estimationDraws: Int = 100_000, alpha: Double = 0.001,
    batchSize: Int = 128
  ) {
    self.sigma = sigma
    self.selectionDraws = selectionDraws
    self.estimationDraws = estimationDraws
    self.alpha = alpha
    self.batchSize = batchSize
  }

  /// The draws for one of several networks, by its place among them: those of runs and commands with this seed.
  public static func stream(seed: UInt64, network: Int) -> RandomStream {
    RandomStream(seed: seed).stream("smoothing").stream(network)
  }

  /// - Throws: ``RobustnessError/invalidSetting(name:reason:)``.
  func validate() throws {
    let most = Intervals.largestRoundedCount
    try RobustnessError.require(
      sigma > 0 && sigma.isFinite, "smoothing's sigma", "must be above 0 and finite, not \(sigma)")
    for (name, draws) in [("selection", selectionDraws), ("estimation", estimationDraws)] {
      try RobustnessError.require(
        (1...most).contains(draws), "smoothing's \(name) draws", "must be 1 to \(most), not \(draws)")
    }
    try RobustnessError.require(alpha > 0 && alpha < 1, "smoothing's alpha", "must lie between 0 and 1, not \(alpha)")
    try RobustnessError.require(batchSize >= 1, "the batch size", "must be at least 1")
  }
}
