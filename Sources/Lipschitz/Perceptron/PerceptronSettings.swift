import RandomStreams

/// How hard to look for a tight bound.
public struct PerceptronSettings: Sendable, Hashable {
  /// The ways to try; each is sound by itself.
  public var methods: Set<PerceptronBound.Method> = Set(PerceptronBound.Method.allCases)
  /// Hidden neurons up to which every pattern of open and closed ReLUs is tried: 2 to this power.
  public var mostMaskedNeurons = 12
  /// Hidden neurons up to which one multiplier for each is sought; time grows with the cube.
  public var mostRefinedNeurons = 512
  /// Hidden neurons beyond which a network is refused.
  public var mostNeurons = 4096
  /// How close to the best multipliers the search should come, relative to the squared constant.
  public var tolerance = 1e-7
  /// Points from which a search for steep places starts; 0 leaves the lower bound out.
  public var starts = 16
  /// Whether the constant of z_y − z_j is bounded for each pair of classes too, where the bound serves certificates.
  public var boundsPairs = true
  /// Pairs of classes beyond which none is bounded by itself: each is a search of its own, and their number grows with
  /// the square of that of the classes. 1000 are those of 45 classes.
  public var mostPairs = 1000
  /// Of the starting points.
  public var stream = RandomStream(seed: 0).stream("perceptron")

  public init() {}
}
