import Results

/// What the draws say of one image and the smoothed classifier. Wrong with probability at most α over the draws.
public struct SmoothedCertificate: Sendable, Hashable, Codable {
  public let label: Int
  /// The class that the smoothed classifier gives the image; nil where it abstains: the limit is below ½.
  public let prediction: Int?
  /// Lower limit of the probability of the class that was selected, rounded down (Clopper & Pearson 1934); 0 where no
  /// draw of the selection had finite logits.
  public let probabilityLower: Double
  /// σ·Φ⁻¹(``probabilityLower``), rounded down: no perturbation of L2 norm up to this, in pixels, changes the
  /// prediction. Nil where it abstains.
  public let radiusL2: Double?
  /// The same in the L∞ norm: the L2 radius divided by the root of the number of inputs, since ‖δ‖₂ ≤ √d·‖δ‖∞. No
  /// more can be had from Gaussian noise this way.
  public let radiusLinf: Double?

  /// - Parameters:
  ///   - selection: votes of n₀ draws by class.
  ///   - estimation: votes of n other draws by class.
  ///   - inputCount: d, the number of pixel values.
  init(label: Int, selection: [Int], estimation: [Int], inputCount: Int, _ smoothing: RandomizedSmoothing) {
    self.label = label
    let most = selection.max() ?? 0
    guard most > 0, let selected = selection.firstIndex(of: most) else {
      (prediction, probabilityLower, radiusL2, radiusLinf) = (nil, 0, nil, nil)
      return
    }
    probabilityLower = Intervals.clopperPearsonLowerRoundedDown(
      successes: estimation[selected], n: smoothing.estimationDraws, alpha: smoothing.alpha)
    guard probabilityLower >= 0.5 else {
      (prediction, radiusL2, radiusLinf) = (nil, nil, nil)
      return
    }
    prediction = selected
    let radius = max(0, (smoothing.sigma * NormalDistribution.quantileRoundedDown(probabilityLower)).nextDown)
    radiusL2 = radius
    radiusLinf = max(0, (radius / Double(inputCount).squareRoot().nextUp).nextDown)
  }

  public var isCorrect: Bool { prediction == label }

  /// Whether the image is right and stays so within `epsilon`, compared with the exact fraction and not with its
  /// nearest double.
  public func certifies(_ epsilon: Rational, norm: PerturbationNorm) -> Bool {
    isCorrect && norm.isCertified(epsilon, l2: radiusL2, linf: radiusLinf)
  }
}
