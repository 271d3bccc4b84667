/// For each image of a task, how far it is provably safe and how near an attack came: radius ≤ true distance ≤ attack.
public struct BracketRecord: Sendable, Equatable, Codable {
  public var task: String
  public var norm: PerturbationNorm
  /// The attack behind ``attackDistance``.
  public var attack: String
  /// Certified radius per image, in pixel units; absent for an image that is misclassified or has no certificate.
  public var certifiedRadius: [Double?]
  /// Norm of the smallest adversarial found, per image; absent where none was found.
  public var attackDistance: [Double?]
  /// The images' names, where they are known; empty or one per image.
  public var images: [String]
  /// What the certificate holds for: "fp32 network as deployed", "real arithmetic", "probabilistic", …
  public var soundness: String?

  public init(
    task: String, norm: PerturbationNorm, attack: String, certifiedRadius: [Double?], attackDistance: [Double?],
    images: [String] = [], soundness: String? = nil
  ) {
    self.task = task
    self.norm = norm
    self.attack = attack
    self.certifiedRadius = certifiedRadius.map(\.finite)
    self.attackDistance = attackDistance.map(\.finite)
    self.images = images
    self.soundness = soundness
  }

  /// Indices of images whose certified radius exceeds a successful attack's distance: each one refutes the certificate.
  public var violations: [Int] {
    zip(certifiedRadius, attackDistance).enumerated().compactMap { index, pair in
      guard let radius = pair.0, let distance = pair.1 else { return nil }
      return radius > distance ? index : nil
    }
  }

  /// distance / radius per image where both are known and the radius is above 0: 1 is a bracket without a gap.
  public var gaps: [Double?] {
    zip(certifiedRadius, attackDistance).map { radius, distance in
      guard let radius, let distance, radius > 0 else { return nil }
      return distance / radius
    }
  }

  /// The largest radius that at least half of the images have, 0 of one that has none; nil of no images.
  public var medianRadius: Double? { certifiedRadius.map { $0 ?? 0 }.upperMedian }

  /// How many images are certified at `radius` or more, of all.
  public func certified(at radius: Double) -> Tally {
    Tally(certifiedRadius.map { ($0 ?? -1) >= radius })
  }
}

/// An adversarial image saved beside its original.
public struct GalleryItem: Sendable, Equatable, Codable {
  public var task: String
  /// The true class.
  public var trueClass: String
  /// Path of the clean PNG, relative to the run folder.
  public var original: String
  /// Path of the adversarial PNG, relative to the run folder.
  public var adversarial: String
  /// Path of a picture of the difference, where one was written.
  public var difference: String?
  public var norm: PerturbationNorm
  public var epsilon: Rational
  public var attack: String
  /// Label of the clean image.
  public var predictedClean: String
  /// Label of the adversarial PNG, read back and scored again.
  public var predictedAdversarial: String
  /// The PNG still fools the deployed network; absent where it was not scored again.
  public var onGrid: Bool?

  enum CodingKeys: String, CodingKey {
    case task, trueClass = "class", original, adversarial, difference, norm, epsilon, attack
    case predictedClean, predictedAdversarial, onGrid
  }

  public init(
    task: String, trueClass: String, original: String, adversarial: String, difference: String? = nil,
    norm: PerturbationNorm, epsilon: Rational, attack: String, predictedClean: String,
    predictedAdversarial: String, onGrid: Bool? = nil
  ) {
    self.task = task
    self.trueClass = trueClass
    self.original = original
    self.adversarial = adversarial
    self.difference = difference
    self.norm = norm
    self.epsilon = epsilon
    self.attack = attack
    self.predictedClean = predictedClean
    self.predictedAdversarial = predictedAdversarial
    self.onGrid = onGrid
  }
}

/// Accuracy against ε for one task and one measure.
public struct CurveRecord: Sendable, Equatable, Codable {
  public struct Point: Sendable, Equatable, Codable {
    public var epsilon: Rational
    /// Absent where not measured.
    public var accuracy: Double?
    public var counts: Tally?
    /// The same once adversarials are written as PNGs and read back; absent where that was not measured.
    public var onGrid: Tally?
    /// Images that a search in bfloat16 took for fooled and the network in fp32 was not; they were searched again. Absent
    /// of searches in fp32.
    public var refuted: Int?

    public init(epsilon: Rational, counts: Tally, onGrid: Tally? = nil, refuted: Int? = nil) {
      self.epsilon = epsilon
      accuracy = counts.rate
      self.counts = counts
      self.onGrid = onGrid
      self.refuted = refuted
    }

    public init(epsilon: Rational, accuracy: Double?) {
      self.epsilon = epsilon
      self.accuracy = accuracy
      counts = nil
    }
  }

  /// `raw`: each ε on its own. `envelope`: a success at a smaller ε counts at every larger one.
  public enum Form: String, Sendable, Codable, CaseIterable { case raw, envelope }

  public var task: String
  public var measure: String
  public var norm: PerturbationNorm
  public var readout: Readout
  public var form: Form
  /// Every setting of the attack behind the curve, in words; absent where the measure has none or they are not known.
  public var settings: String?
  public var points: [Point]

  public init(
    task: String, measure: String, norm: PerturbationNorm, readout: Readout = .taskAware, form: Form = .raw,
    settings: String? = nil, points: [Point]
  ) {
    self.task = task
    self.measure = measure
    self.norm = norm
    self.readout = readout
    self.form = form
    self.settings = settings
    self.points = points
  }
}
