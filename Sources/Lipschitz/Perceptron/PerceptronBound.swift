/// The L2 Lipschitz constant of a perceptron over all of input space, between two numbers.
public struct PerceptronBound: Sendable, Hashable {
  /// A way to an upper bound.
  public enum Method: String, Sendable, Hashable, CaseIterable {
    /// The product of all spectral norms.
    case product = "product of norms"
    /// The norm of the product of all |weights|: the constant itself where no weight is negative.
    case absoluteProduct = "norm of the product of |weights|"
    /// One multiplier for each layer, in closed form (ECLipsE-Fast).
    case equalMultipliers = "one multiplier a layer"
    /// One multiplier for each neuron, by semidefinite programming (diagonal LipSDP).
    case multipliers = "one multiplier a neuron"
    /// The largest norm over all patterns of open and closed ReLUs.
    case masks = "all ReLU patterns"
  }

  /// No less than the constant in exact arithmetic, rounding of the computation included.
  public let upper: Double
  /// The way that gave it.
  public let method: Method
  /// What each way that was open gave.
  public let uppers: [Method: Double]
  /// The slope of a secant between two points that were found, and so no more than the constant; nil where it was not
  /// asked for. The points lie anywhere in input space, not only in the box of pixels.
  public let lower: Double?
  /// Wall-clock time of the computation.
  public let seconds: Double
}
