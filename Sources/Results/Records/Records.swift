/// A task: what it asks and how many images it has.
public struct TaskRecord: Sendable, Equatable, Codable {
  public var name: String
  public var classes: [String]
  public var trainImages: Int
  public var testImages: Int

  public init(name: String, classes: [String], trainImages: Int, testImages: Int) {
    self.name = name
    self.classes = classes
    self.trainImages = trainImages
    self.testImages = testImages
  }
}

/// What a strategy kept of the training images beside its networks: a price of not forgetting, as parameters are.
public struct MemoryRecord: Sendable, Equatable, Codable {
  public var images: Int
  /// Of the images as they are stored (height × width × channels samples each) and of what is kept with them, such as
  /// logits.
  public var bytes: Int

  public init(images: Int, bytes: Int) {
    self.images = images
    self.bytes = bytes
  }
}

/// L2 Lipschitz bounds of one task's deployed network, in pixel space.
public struct LipschitzRecord: Sendable, Equatable, Codable {
  public struct Block: Sendable, Equatable, Codable {
    public var name: String
    /// Upper bound of this block alone; absent where none exists (never 0, never infinite).
    public var upper: Double?
    /// Lower bound of this block, where it was computed.
    public var lower: Double?

    public init(name: String, upper: Double?, lower: Double? = nil) {
      self.name = name
      self.upper = upper.finite
      self.lower = lower.finite
    }
  }

  public var task: String
  /// Upper bound of the whole network; absent where none exists.
  public var upper: Double?
  /// Lower bound of the whole network (from a steep secant, or from an attack).
  public var lower: Double?
  public var blocks: [Block]
  /// What the bound holds for and how it was inflated: "outward rounded", "real arithmetic", …
  public var note: String?
  /// Where the upper bound comes from; absent where there is none, of this network or of its trunk alone.
  public var ledger: LedgerRecord?

  public init(
    task: String, upper: Double?, lower: Double?, blocks: [Block], note: String? = nil, ledger: LedgerRecord? = nil
  ) {
    self.task = task
    self.upper = upper.finite
    self.lower = lower.finite
    self.blocks = blocks
    self.note = note
    self.ledger = ledger
  }
}

/// Whether what earlier tasks rely on is bit for bit what it was.
public struct NonForgetting: Sendable, Equatable, Codable {
  /// All digests were recomputed and agree.
  public var verified: Bool
  /// SHA-256 by the name of what was digested.
  public var digests: [String: String]
  /// The first tensor that differs, where one does.
  public var firstDifference: String?

  public init(verified: Bool, digests: [String: String] = [:], firstDifference: String? = nil) {
    self.verified = verified
    self.digests = digests
    self.firstDifference = firstDifference
  }
}

/// One question a sceptical reviewer asks, with its answer.
public struct AuditRow: Sendable, Equatable, Codable {
  public enum Verdict: String, Sendable, Codable, CaseIterable { case pass, fail, notApplicable }

  public var check: String
  public var verdict: Verdict
  public var detail: String

  public init(check: String, verdict: Verdict, detail: String) {
    self.check = check
    self.verdict = verdict
    self.detail = detail
  }
}

/// Wall-clock seconds by kind of work: the only figures in which two equal runs may differ.
public struct Seconds: Sendable, Equatable, Codable {
  public var train: Double
  public var attack: Double
  public var bounds: Double
  /// The whole run, where it was timed.
  public var total: Double?

  public init(train: Double = 0, attack: Double = 0, bounds: Double = 0, total: Double? = nil) {
    self.train = train
    self.attack = attack
    self.bounds = bounds
    self.total = total
  }
}

/// The fraction of samples on which an attack saw a gradient that is exactly zero (a sign of masking).
public struct ZeroGradients: Sendable, Equatable, Codable {
  public var attack: String
  public var norm: PerturbationNorm?
  public var epsilon: Rational?
  public var task: String?
  public var fraction: Double
  /// Samples behind the fraction, where known.
  public var n: Int?

  public init(
    attack: String, norm: PerturbationNorm? = nil, epsilon: Rational? = nil, task: String? = nil,
    fraction: Double, n: Int? = nil
  ) {
    self.attack = attack
    self.norm = norm
    self.epsilon = epsilon
    self.task = task
    self.fraction = fraction
    self.n = n
  }
}

extension Double? {
  /// The same, with NaN and infinities absent.
  var finite: Double? { flatMap { $0.isFinite ? $0 : nil } }
}
