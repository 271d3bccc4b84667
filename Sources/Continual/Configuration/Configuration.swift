import ImageData
import ResidualNets
import Results
import Robustness
import TorchCore

/// An experiment: everything that decides a run's result, except the machine.
public struct Configuration: Sendable, Hashable, Codable {
  public static let currentSchema = "steadfast.config/1"

  /// What the report calls the run.
  public var name: String
  public var seed: UInt64
  public var data: Data
  public var network: NetworkDescription
  public var strategy: Strategy
  public var training: Training
  public var evaluation: Evaluation
  public var compute: Compute
  public var checkpoints: Checkpoints
  /// The same experiment with some values changed, run beside it and reported with it.
  public var contrasts: [Contrast]
  /// Changes, written as for `--set`, that make of a short experiment the one it stands for; nil where there are none.
  public var full: [String]?

  public init() {
    name = "experiment"
    seed = 0
    data = Data()
    network = NetworkDescription()
    strategy = Strategy()
    training = Training()
    evaluation = Evaluation()
    compute = Compute()
    checkpoints = Checkpoints()
    contrasts = []
  }

  /// Which images, what their samples become, and how they become tasks.
  public struct Data: Sendable, Hashable, Codable {
    /// Where decoded images are kept.
    public enum Storage: String, Sendable, Hashable, Codable, CaseIterable {
      /// In memory, or of a large folder in the cache.
      case auto
      case memory
      /// In a file that is mapped into memory and used again by the next run.
      case cache
      /// Nowhere before they are asked for.
      case lazily
    }

    /// `ROOT/{train,test}/CLASS/*.png`, `ROOT/CLASS/*.png`, a folder of such domains, or a CSV manifest; relative paths
    /// are relative to the configuration file. Empty for a sequence, which names its folders itself.
    public var folder = ""
    /// What stored samples become.
    public var decoding = DecodingPolicy()
    /// How images become tasks.
    public var stream = StreamDescription()
    /// Of a folder without train and test: the share of each class held out for testing.
    public var testFraction = 0.2
    /// Of each class at most so many training images, the first by name; nil takes all.
    public var trainPerClass: Int?
    /// Whether one unreadable file ends the run.
    public var strict = false
    public var storage = Storage.auto
    /// The folder of cache files; empty for the user's own. Relative to the configuration file.
    public var cacheFolder = ""
  }

  /// How tasks are learned one after another.
  public struct Strategy: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
      /// A frozen trunk and a residual adapter, norms and head for each task.
      case adapters
      /// A frozen trunk and one adapter that every task goes on training, a head for each task.
      case sharedAdapter = "shared-adapter"
      /// One trunk trained on every task in turn, with a head for each: the contrast that forgets.
      case fineTuning = "fine-tuning"
      /// A fresh network for each task, trained on the images of all tasks so far: the reference of intransigence.
      case joint
      /// One trunk that goes on learning, on the images of all tasks so far.
      case cumulative
      /// Experience replay: old images join each batch.
      case replay
      /// DER++: old images join, with their labels and with the logits that they had.
      case darkReplay = "der++"
      /// A-GEM: no step goes against the gradient of old images.
      case averagedGEM = "a-gem"
      /// A fresh network for each task, trained on a class-balanced memory alone.
      case gdumb
      /// The trunk trained on; weights that the old tasks' answers depend on (by the Fisher information) are held.
      case ewc
      /// The trunk trained on; weights that brought the old tasks' losses down are held.
      case si
      /// The trunk trained on; weights that the length of the answers depends on are held.
      case mas
      /// The trunk trained on; old outputs are to answer the new images as they did.
      case lwf
      /// A frozen trunk, and for each class the mean of its features (Rebuffi et al. 2017).
      case nearestClassMean = "nearest-class-mean"
      /// A frozen trunk, random features of its features, and one ridge regression of all tasks (McDonnell et al.
      /// 2023).
      case randomProjection = "random-projection"
      /// A network of its own for each task, all together no larger than trunk, adapters and heads.
      case separate
    }

    /// What the learner is told when it is asked.
    public enum ScenarioChoice: String, Sendable, Hashable, Codable, CaseIterable {
      /// Task-incremental; class-incremental of an online stream.
      case automatic
      case task = "task-incremental"
      case domain = "domain-incremental"
      case classes = "class-incremental"
    }

    public enum TrunkSource: String, Sendable, Hashable, Codable, CaseIterable {
      case firstTask = "first-task"
      /// The first task's images without their labels: by how many quarter turns they are turned (Gidaris et al. 2018).
      case rotation
      case folder
      case weights
    }

    /// How the task of an image is inferred where nobody gives it.
    public enum Inference: String, Sendable, Hashable, Codable, CaseIterable {
      /// What suits the strategy; the largest logit of a common head.
      case automatic
      case entropy, energy, logit
      case featureMean = "feature-mean"
      case gate
    }

    public var kind = Kind.adapters
    public var scenario = ScenarioChoice.automatic
    public var inference = Inference.automatic
    /// Of strategies that freeze it: what the trunk learns from before it is frozen.
    public var trunk = TrunkSource.firstTask
    /// The pre-training image folder or weights file that `trunk` asks for.
    public var trunkPath = ""
    /// Of adapters: what each task adds.
    public var adapter = AdapterDescription()
    public var regularization = Regularization()
    public var distillation = Distillation()
    public var memory = Memory()
    public var projection = Projection()
  }

  /// Of strategies that hold on to weights that mattered (EWC, SI, MAS).
  public struct Regularization: Sendable, Hashable, Codable {
    /// λ (c of SI), the weight of the penalty beside the loss; nil for the strategy's own: 1 (EWC, SI), 0.01 (MAS).
    public var strength: Double?
    /// Of EWC: what is left of the old tasks' importance when a task is added; 1 is the sum over tasks (Huszár 2018),
    /// less is online EWC (Schwarz et al. 2018).
    public var decay = 1.0
    /// ξ of SI: keeps importance finite where a weight did not move.
    public var damping = 0.1
    /// Of EWC and MAS: images whose gradients are looked at one by one, at most.
    public var samples = 500
  }

  /// Of strategies that hold on to old answers (LwF).
  public struct Distillation: Sendable, Hashable, Codable {
    /// The weight of the old answers beside the loss.
    public var strength = 1.0
    /// What logits are divided by before answers are compared.
    public var temperature = 2.0
  }

  /// Of strategies that keep old images (experience replay, DER++, A-GEM, GDumb).
  public struct Memory: Sendable, Hashable, Codable {
    /// Images kept, of all tasks together.
    public var size = 200
    /// Images brought back in each step.
    public var batchSize = 32
    /// α of DER++: the weight of old logits.
    public var logitStrength = 0.5
    /// β of DER++: the weight of old labels.
    public var labelStrength = 0.5
  }

  /// Of a random projection of the trunk's features (RanPAC).
  public struct Projection: Sendable, Hashable, Codable {
    /// Random features.
    public var features = 1000
    /// λ of the ridge regression, relative to the mean of the Gram matrix's diagonal.
    public var ridge = 1e-3
  }

  public struct Training: Sendable, Hashable, Codable {
    public enum Schedule: String, Sendable, Hashable, Codable, CaseIterable {
      case constant, cosine
      /// In a line up to the rate at two fifths of training, and down to 0.
      case cyclic
      /// × 0.1 at half and at three quarters of training.
      case step
    }

    /// Passes over the data on which the trunk learns.
    public var trunkEpochs = 10
    /// Passes over each later task.
    public var epochs = 10
    /// Optimizer steps of each lesson, whatever the epochs say; nil for epochs.
    public var steps: Int?
    public var batchSize = 64
    /// What changes images while they are learned from.
    public var augmentation = Augmentation()
    /// σ of Gaussian noise on every pixel, in pixels on [0, 1], drawn anew in every step and not clipped; 0 for none.
    public var noise = 0.0
    /// The threat under which a step learns.
    public var adversarial = Adversarial()
    /// What is added to the loss of a step.
    public var penalty = Penalty()
    public var optimizer = OptimizerDescription()
    public var schedule = Schedule.cosine
  }

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

  public struct Compute: Sendable, Hashable, Codable {
    /// Torch's threads; 0 means one per core. Bits depend on it.
    public var threads = 0
    public var device = DeviceChoice.cpu
    /// Whether ranks learn the trunk from each batch together; the bits then depend on how many there are.
    public var dataParallel = false
    public var precision = Precisions()
  }

  /// What networks compute in where nothing is judged; verdicts are in fp32, bounds and certificates in fp64.
  public struct Precisions: Sendable, Hashable, Codable {
    /// In steps that a trunk learns from.
    public var training = Precision.full
    /// Of a frozen trunk, where adapters and heads learn behind or within it.
    public var trunk = Precision.full
    /// Of attacks' searches.
    public var search = Precision.full

    public init() {}
  }

  public struct Checkpoints: Sendable, Hashable, Codable {
    /// Optimizer steps between checkpoints within a task; 0 means only after tasks.
    public var everySteps = 0
  }

  /// A named set of changes, each `a.b=value` as on the command line.
  public struct Contrast: Sendable, Hashable, Codable {
    public var name: String
    public var set: [String]

    public init(name: String, set: [String]) {
      self.name = name
      self.set = set
    }
  }
}
