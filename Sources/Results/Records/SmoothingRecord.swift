/// What randomized smoothing certified of some of a task's test images (Cohen et al. 2019). Probabilistic, and of
/// another classifier: the network under Gaussian noise. Each image's statement is wrong with probability at most
/// ``alpha``.
///
/// It is no ``BracketRecord`` and no measure of the evaluation tensor: an attack on the network itself within such a
/// radius refutes nothing.
public struct SmoothingRecord: Sendable, Equatable, Codable {
  public var task: String
  /// The deviation of each pixel's noise, in pixels on [0, 1].
  public var sigma: Double
  /// n₀, the draws that selected a class.
  public var selectionSamples: Int
  /// n, the other draws that estimated its probability.
  public var samples: Int
  public var alpha: Double
  /// Of all draws.
  public var seed: UInt64
  /// What the radii hold for, as every reader is told: "probabilistic".
  public var soundness: String
  /// Pixel values of an image: the L∞ radius is the L2 radius divided by the root of it.
  public var inputCount: Int
  /// Per image; false where the smoothed classifier is wrong or abstains.
  public var correct: [Bool]
  /// L2 per image, rounded down; absent where the smoothed classifier abstains.
  public var radius: [Double?]
  /// Per image the lower limit of the probability of the class that was selected.
  public var probability: [Double]

  public init(
    task: String, sigma: Double, selectionSamples: Int, samples: Int, alpha: Double, seed: UInt64, soundness: String,
    inputCount: Int, correct: [Bool], radius: [Double?], probability: [Double]
  ) {
    self.task = task
    self.sigma = sigma
    self.selectionSamples = selectionSamples
    self.samples = samples
    self.alpha = alpha
    self.seed = seed
    self.soundness = soundness
    self.inputCount = inputCount
    self.correct = correct
    self.radius = radius.map(\.finite)
    self.probability = probability
  }

  /// Images that the smoothed classifier gives no class.
  public var abstentions: Int { radius.count { $0 == nil } }

  /// How many images are right and stay so within an L2 radius, of all.
  public func certified(at radius: Double) -> Tally {
    Tally(zip(correct, self.radius).map { $0 && ($1 ?? -1) >= radius })
  }

  /// The same for a size, compared with the exact fraction and not with its nearest double.
  public func certified(at epsilon: Rational) -> Tally { certified(at: epsilon.roundedUp) }

  /// What contradicts itself; nil where nothing does.
  var defect: String? {
    guard correct.count == radius.count, correct.count == probability.count else { return "lists of different images" }
    guard probability.allSatisfy({ (0...1).contains($0) }) else { return "a probability outside [0, 1]" }
    guard radius.allSatisfy({ $0.map { $0 >= 0 } ?? true }) else { return "a radius below 0" }
    guard !zip(correct, radius).contains(where: { $0 && $1 == nil }) else { return "an abstention that is right" }
    return sigma > 0 && alpha > 0 && alpha < 1 && inputCount > 0 && selectionSamples > 0 && samples > 0
      ? nil : "settings that make no sense"
  }
}
