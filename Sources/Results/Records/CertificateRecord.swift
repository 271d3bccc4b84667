/// How far the certificates of a task's test images reach, and which bounds proved them. Deterministic: nothing here
/// comes from draws.
public struct CertificateRecord: Sendable, Equatable, Codable {
  public var task: String
  public var norm: PerturbationNorm
  /// All test images, misclassified ones too.
  public var images: Int
  /// The largest radius that at least half of the images have by the bound of the whole network, 0 of a misclassified
  /// one; absent where it has no end.
  public var medianByNetwork: Double?
  /// The same by the best bound.
  public var median: Double?
  /// How many images have their radius by which bound; the misclassified are in none.
  public var methods: [String: Int]
  /// What the certificates hold for: "fp32 network as deployed, images in [0, 1]", …
  public var soundness: String
  /// Why bounds on the ball around an image are left out, where they were asked for.
  public var note: String?

  /// - Parameters:
  ///   - network: radii by the bound of the whole network, one an image; nil where misclassified.
  ///   - best: radii and names of the bounds behind them.
  public init(
    task: String, norm: PerturbationNorm, network: [Double?], best: [(radius: Double, method: String)?],
    soundness: String, note: String? = nil
  ) {
    self.task = task
    self.norm = norm
    images = best.count
    medianByNetwork = Self.median(network)
    median = Self.median(best.map { $0?.radius })
    methods = Dictionary(best.compactMap { $0.map { ($0.method, 1) } }, uniquingKeysWith: +)
    self.soundness = soundness
    self.note = note
  }

  private static func median(_ radii: [Double?]) -> Double? {
    radii.map { $0 ?? 0 }.upperMedian.finite
  }

  /// What contradicts itself; nil where nothing does.
  var defect: String? {
    guard (0...1 << 53).contains(images), methods.values.allSatisfy({ (0...images).contains($0) }),
      methods.values.reduce(0, +) <= images
    else { return "counts of more images than there are" }
    guard (medianByNetwork ?? 0) >= 0, (median ?? .infinity) >= (medianByNetwork ?? 0) else {
      return "a median radius that is none"
    }
    return nil
  }
}
