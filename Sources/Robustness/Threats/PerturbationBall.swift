import Results

/// The threat model: which perturbations count, as a norm and a size in pixels on [0, 1].
public struct PerturbationBall: Sendable, Hashable, Codable, CustomStringConvertible {
  public var norm: PerturbationNorm
  /// The size exactly as the user wrote it.
  public var epsilon: Rational

  public init(_ norm: PerturbationNorm, _ epsilon: Rational) {
    self.norm = norm
    self.epsilon = epsilon
  }

  /// The largest double that does not exceed ε: what is inside this radius is inside the ball as written.
  public var radius: Double { epsilon.roundedDown }

  public var description: String { "\(norm.symbol) \(epsilon.text)" }
}
