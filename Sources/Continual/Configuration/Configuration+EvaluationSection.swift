import ImageData
import Results
import Robustness

extension Configuration {
  public struct Evaluation: Sendable, Hashable, Codable {
    public var batchSize = 100
    /// All tasks so far are evaluated after every so many tasks and after the last; after the others the task just
    /// learned alone, the task given.
    public var everyTasks = 1
    public var attacks: [Attack] = []
    /// Radii at which certified L2 accuracy is reported.
    public var certify: [Rational] = []
    /// What the audit of the evaluation may cost.
    public var audit = AuditPlan.Level.quick
    /// Adversarial images saved per task.
    public var galleryPerTask = 2
    /// Images per task whose bracket (certified radius, nearest attack) is computed.
    public var bracketsPerTask = 20
    /// Images per task that are attacked where nobody gives the task; 0 attacks none.
    public var agnosticImages = 100
    public var corruptions = Corruptions()
    public var spatial = Spatial()
    public var certification = Certification()
    public var smoothing = Smoothing()
  }

  /// What is certified beside L2 radii by the bound of the whole network.
  public struct Certification: Sendable, Hashable, Codable {
    /// Radii at which certified L∞ accuracy is reported.
    public var linf: [Rational]
    /// Whether each image is also bounded on its own ball, and has the larger radius.
    public var local: Bool
    /// Networks with at most so many nonlinear units are bounded by linear bounds throughout.
    public var throughoutLimit: Int

    public init(linf: [Rational] = [], local: Bool = false, throughoutLimit: Int = 2048) {
      self.linf = linf
      self.local = local
      self.throughoutLimit = throughoutLimit
    }
  }

  /// Randomized smoothing of the last networks: probabilistic certificates of the networks under noise.
  public struct Smoothing: Sendable, Hashable, Codable {
    /// The deviation of each pixel's noise, in pixels on [0, 1]; 0 smooths nothing.
    public var sigma: Double
    /// n, the draws of each image that estimate its certificate.
    public var samples: Int
    /// n₀, the draws that select its class before.
    public var selectionSamples: Int
    /// How likely an image may be certified wrongly.
    public var alpha: Double
    /// Images per task.
    public var images: Int

    public init(
      sigma: Double = 0, samples: Int = 10_000, selectionSamples: Int = 100, alpha: Double = 0.001, images: Int = 50
    ) {
      self.sigma = sigma
      self.samples = samples
      self.selectionSamples = selectionSamples
      self.alpha = alpha
      self.images = images
    }
  }

  /// Accuracy on degraded test images.
  public struct Corruptions: Sendable, Hashable, Codable {
    /// Images per task; 0 looks at none.
    public var images: Int
    /// In `Degradation.severities`, ascending.
    public var severities: [Int]
    /// Empty for all.
    public var kinds: [Degradation.Kind]

    public init(images: Int = 0, severities: [Int] = [1, 3, 5], kinds: [Degradation.Kind] = []) {
      self.images = images
      self.severities = severities
      self.kinds = kinds
    }
  }

  /// Accuracy on turned and shifted test images; neither looks at none.
  public struct Spatial: Sendable, Hashable, Codable {
    /// The largest turn either way, in degrees.
    public var turns: Double
    /// The largest shift along each axis, in pixels.
    public var shifts: Double
    /// Random moves tried of each image.
    public var draws: Int

    public init(turns: Double = 0, shifts: Double = 0, draws: Int = 10) {
      self.turns = turns
      self.shifts = shifts
      self.draws = draws
    }
  }

  /// One attack at several sizes.
  public struct Attack: Sendable, Hashable, Codable {
    public let name: AttackKind
    public var norm: PerturbationNorm
    public var epsilons: [Rational]
    /// What may be set of this attack, each with its value.
    public private(set) var efforts: AttackKind.Efforts
    /// raw: each ε on its own; envelope: a success at a smaller ε counts at every larger one, and costs nothing there.
    public var form: CurveRecord.Form

    /// - Parameters:
    ///   - steps, restarts, queries: nil takes the attack's default; of an attack that has no such effort they do not
    ///     count.
    public init(
      name: AttackKind, norm: PerturbationNorm, epsilons: [Rational], steps: Int? = nil, restarts: Int? = nil,
      queries: Int? = nil, form: CurveRecord.Form = .raw
    ) {
      self.name = name
      self.norm = norm
      self.epsilons = epsilons
      self.form = form
      efforts = name.efforts(.init(steps: steps, restarts: restarts, queries: queries))
    }

    /// Iterations of a start; nil of attacks that have none.
    public var steps: Int? { efforts[.steps] }
    /// Starts; nil of attacks that have but one.
    public var restarts: Int? { efforts[.restarts] }
    /// Forward passes an image; nil of attacks that have no such budget.
    public var queries: Int? { efforts[.queries] }
  }
}
