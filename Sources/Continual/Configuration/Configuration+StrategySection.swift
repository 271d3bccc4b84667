import ResidualNets

extension Configuration {
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
}
