/// What a network is, as a value: enough to build it again, stored with its weights.
public struct NetworkDescription: Sendable, Hashable, Codable {
  /// The family of networks, which says what `depth` and `width` count.
  public enum Architecture: String, Sendable, Hashable, Codable, CaseIterable {
    /// CIFAR-style convolutional network of depth 6n+2 (He 2016a).
    case resnet
    /// torchvision's networks of these names: a 7×7 stem, a max pool and four stages.
    case resnet18, resnet34, resnet50
    /// Fully connected layers of one width; `depth` counts its blocks.
    case mlp
    /// Fully connected layers of one width, one behind the other, without shortcuts; `depth` counts its hidden layers.
    case perceptron
    /// Convolutions one behind the other, some with a max pool, then fully connected layers; `convolutions` and
    /// `hidden` list them, and depth and width follow.
    case convnet
    /// A pre-norm vision transformer on square patches; `depth` counts its layers, each attention and an MLP.
    case vit

    /// Depth and width where nothing is said.
    public var usualSize: (depth: Int, width: Int) {
      switch self {
      case .resnet, .mlp: (8, 8)
      case .perceptron: (2, 400)
      case .convnet:
        NetworkDescription.listedSize(NetworkDescription.usualConvolutions, NetworkDescription.usualHidden)
      case .resnet18: (18, 64)
      case .resnet34: (34, 64)
      case .resnet50: (50, 64)
      case .vit: (4, 64)
      }
    }

    /// Whether it is one of torchvision's, whose weights load by name.
    public var isTorchvision: Bool { self == .resnet18 || self == .resnet34 || self == .resnet50 }

    /// The norm where nothing is said.
    public var usualNorm: NormKind {
      switch self {
      case .resnet, .resnet18, .resnet34, .resnet50: .batch
      case .mlp, .perceptron, .convnet: .none
      case .vit: .layer
      }
    }

    /// The kind of block where nothing is said.
    public var usualBlock: BlockKind { self == .perceptron || self == .convnet ? .plain : .preActivation }

    /// What the layers behind the convolutions see where nothing is said.
    public var usualReadout: Readout { self == .convnet ? .flattened : .pooled }
  }

  /// φ, what stands between linear layers. A transformer has GELU of its own.
  public enum Activation: String, Sendable, Hashable, Codable, CaseIterable {
    case relu
    /// The larger and the smaller of two channels: a permutation, so that no gradient loses length (Anil et al. 2019).
    case maxMin = "maxmin"
  }

  /// How a layer is kept at its budget c.
  public enum ConstraintKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// W · c / max(c, σ) with σ by power iteration (Miyato et al. 2018): smaller weights stay as they are.
    case spectral
    /// c · D W, rows divided until no W exceeds c (Prach & Lampert 2022): all weights are brought near c.
    case almostOrthogonal = "almost-orthogonal"
  }

  /// How a block makes h′ of h, F its branch and S its shortcut.
  public enum BlockKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// φ(F(h)): the baseline without a shortcut. In a transformer F(h), whose branches have nonlinearities of their
    /// own.
    case plain
    /// φ(S h + F(h)), He 2016a.
    case postActivation = "post-activation"
    /// S h + F(h), F beginning with norm and φ; He 2016b.
    case preActivation = "pre-activation"
    /// S h + τ F(h): depth is time (Haber & Ruthotto 2017).
    case forwardEuler = "forward-euler"
    /// (1 − β) S h + α F(h).
    case scaled
    /// (1 − T) ⊙ S h + T ⊙ F(h), T a sigmoid gate (Srivastava 2015).
    case highway
    /// h′ = S h + τ F(h′).
    case backwardEuler = "backward-euler"

    /// Whether the branch begins with norm and φ, so that the sum itself passes on unchanged.
    var activatesFirst: Bool { self != .plain && self != .postActivation }
  }

  /// S where a block changes the shape.
  public enum ShortcutKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// A learned 1×1 convolution.
    case projection
    /// Fixed, with orthonormal rows over the pixels of its window (columns, where it widens). Where a height or width
    /// is odd, the windows at one edge are cut, and there it contracts.
    case orthonormal
    /// Fixed, onto the principal components of what arrives there at the start of training.
    case principalComponents = "principal-components"
    /// The mean of its window, and zeros in the new channels (He 2016a, option A).
    case pooled
  }

  /// How fresh parameters start.
  public enum Initialization: String, Sendable, Hashable, Codable, CaseIterable {
    /// Normal with variance 2/fan throughout where a norm or a budget keeps the signal in bounds; zero elsewhere.
    case automatic
    /// He 2015.
    case he
    /// The last layer of each branch (or its norm's scale) is zero, so that the network starts as its shortcuts: a
    /// scaled block as 1 − β of its own, a highway block as 1 − T of its own.
    case zero
    /// As `zero`, and the layers before it shrunk by the number of blocks (Zhang 2019), without its scalar multipliers.
    case fixup
  }

  /// What is normalised behind (or, in pre-activation, before) the layers of a branch.
  public enum NormKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Over each channel of a batch; learned statistics in evaluation.
    case batch
    /// Over groups of channels of each sample, at most eight groups.
    case group
    /// Over the features of each token: the norm of transformers, and of no other network.
    case layer
    /// No norm: what a bound by a branch budget, and the MLP, ask for.
    case none
  }

  /// What the head sees of the last state.
  public enum Readout: String, Sendable, Hashable, Codable, CaseIterable {
    /// The mean over positions goes to the head.
    case pooled
    /// Every position goes to the head: more parameters, and a signal that averaging does not shrink.
    case flattened
  }

  /// What some kinds of block ask for besides their branch.
  public struct Dynamics: Sendable, Hashable, Codable {
    /// τ of the Euler blocks.
    public var step: Double
    /// Whether all blocks of one shape have the same branch: F(h) instead of F(h, l).
    public var shared: Bool
    /// α of scaled blocks: the factor of the branch.
    public var alpha: Double
    /// β of scaled blocks: the shortcut is multiplied by 1 − β.
    public var beta: Double
    /// Where the gates of highway blocks start: σ(gateBias) of the branch passes.
    public var gateBias: Double

    /// Blocks that ask for nothing: τ = 1, α = 1, β = 0, branches of their own.
    public init(
      step: Double = 1, shared: Bool = false, alpha: Double = 1, beta: Double = 0, gateBias: Double = -2
    ) {
      self.step = step
      self.shared = shared
      self.alpha = alpha
      self.beta = beta
      self.gateBias = gateBias
    }
  }

  /// The family that the other values are read in.
  public var architecture: Architecture
  /// 6n+2 for the CIFAR-style network: 8, 14, 20, …; the number of blocks for the MLP, of layers for the perceptron and
  /// the transformer; of the named networks their own, and of a convnet how many layers it lists.
  public var depth: Int
  /// Channels of the first stage (doubled in each later one), the MLP's width, or the features of a token.
  /// torchvision's residual networks have 64; of a convnet it is the width of its widest layer.
  public var width: Int
  /// How every block makes its output of its input.
  public var block: BlockKind
  /// What stands between linear layers.
  public var activation: Activation
  /// What stands beside a branch that changes the shape.
  public var shortcut: ShortcutKind
  /// How fresh parameters start.
  public var initialization: Initialization
  /// What normalises the layers of a branch.
  public var norm: NormKind
  /// What the head sees of the last state.
  public var readout: Readout
  /// Step sizes, scales and gates of the blocks that have them.
  public var dynamics: Dynamics
  /// The probability that the last block's branch takes part in a training step; that of the others falls linearly
  /// towards it (stochastic depth, Huang 2016). 1 leaves none out.
  public var survival: Double
  /// The largest operator norm of each layer inside a residual branch; nil leaves the network free. Layers outside the
  /// branches (stem, shortcuts) are then kept at norm 1.
  public var branchBudget: Double?
  /// How stem, branches and learned shortcuts keep their budgets. The head's is always kept spectrally.
  public var constraint: ConstraintKind
  /// The largest norm of the head under a branch budget. Certified radii do not depend on it; it sets how hard the loss
  /// presses for margins: a small one presses for wide margins on every sample.
  public var headBudget: Double
  /// Side of a transformer's patches, in pixels; it divides the sides of the images.
  public var patch: Int
  /// A transformer's attention heads; they divide `width`.
  public var heads: Int
  /// A convnet's convolutions, in order.
  public var convolutions: [Convolution]
  /// The widths of a convnet's fully connected layers between the convolutions and the head, in order.
  public var hidden: [Int]

  /// The CIFAR-style pre-activation network of depth 8, except where a value says otherwise. Depth and width of a
  /// convnet are those of its lists, whatever is given. Nothing is checked here: see `validate()`.
  public init(
    architecture: Architecture = .resnet, depth: Int = 8, width: Int = 8, block: BlockKind = .preActivation,
    activation: Activation = .relu, shortcut: ShortcutKind = .projection, initialization: Initialization = .automatic,
    norm: NormKind = .batch,
    readout: Readout = .pooled, dynamics: Dynamics = Dynamics(), survival: Double = 1, branchBudget: Double? = nil,
    constraint: ConstraintKind = .spectral, headBudget: Double = 16, patch: Int = 4, heads: Int = 4,
    convolutions: [Convolution] = NetworkDescription.usualConvolutions,
    hidden: [Int] = NetworkDescription.usualHidden
  ) {
    self.architecture = architecture
    let size = architecture == .convnet ? Self.listedSize(convolutions, hidden) : (depth: depth, width: width)
    (self.depth, self.width) = size
    self.block = block
    self.activation = activation
    self.shortcut = shortcut
    self.initialization = initialization
    self.norm = norm
    self.readout = readout
    self.dynamics = dynamics
    self.survival = survival
    self.branchBudget = branchBudget
    self.constraint = constraint
    self.headBudget = headBudget
    self.patch = patch
    self.heads = heads
    self.convolutions = convolutions
    self.hidden = hidden
  }
}

extension NetworkDescription {
  /// The budget of layers outside the branches.
  var outerBudget: Double? { branchBudget == nil ? nil : 1 }
}
