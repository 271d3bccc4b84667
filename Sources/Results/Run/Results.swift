/// Everything a run found out, schema `steadfast.results/1`: what results.json holds and the report is made from.
///
/// `tasks` and every array "per task" are in the order of learning. Fields beyond the contract may be empty.
public struct Results: Sendable, Equatable {
  public static let currentSchema = "steadfast.results/1"

  /// Name of the run: what the report calls it.
  public var name: String
  /// How the tasks were learned: `adapters`, `fine-tuning`, …
  public var strategy: String
  /// What the learner was told when it was asked: `task-incremental`, …; empty in results of earlier versions.
  public var scenario: String
  /// The network in one line.
  public var network: String
  public var seed: UInt64
  public var tasks: [TaskRecord]
  /// How images became tasks, a line each, for people.
  public var stream: [String]
  /// The robust-forgetting tensor, a slice per measure, norm, ε and readout.
  public var accuracy: [MeasuredAccuracy]
  public var metrics: [MetricRow]
  public var lipschitz: [LipschitzRecord]
  /// Absent where the strategy promises no such thing.
  public var nonForgetting: NonForgetting?
  /// Where the strategy promises no such thing: how far answers to earlier tasks have moved, a record per earlier task.
  public var drift: [DriftRecord]
  public var audit: [AuditRow]
  public var parameters: ParameterCounts
  /// Training images that the strategy kept beside its networks at the end; absent where it kept none.
  public var memory: MemoryRecord?
  public var seconds: Seconds
  /// Other strategies on the same tasks.
  public var contrasts: [Results]
  public var taskInference: TaskInference?
  public var consistency: ConsistencyCheck?
  public var zeroGradients: [ZeroGradients]
  public var brackets: [BracketRecord]
  /// Of the last networks' test images: how far certificates reach and what proved them, a record per task and norm.
  public var certificates: [CertificateRecord]
  /// What randomized smoothing certified of the last networks under noise: probabilistic, and apart from all else.
  public var smoothing: [SmoothingRecord]
  /// Where the run computed in bfloat16: how far answers in it are from those in fp32, a record per task.
  public var precision: [PrecisionRecord]
  /// Accuracy on corrupted test images, a record per task and corruption.
  public var corruptions: [CorruptionRecord]
  /// Their mean; absent where nothing was corrupted.
  public var corruptionError: CorruptionError?
  /// Which turns and shifts the measure `spatial` is about, in words; empty where it was not measured.
  public var spatial: String
  public var gallery: [GalleryItem]
  public var curves: [CurveRecord]
  /// The resolved configuration, YAML.
  public var configuration: String
  public var environment: [String: String]

  public init(name: String, strategy: String, network: String, seed: UInt64, tasks: [TaskRecord]) {
    self.name = name
    self.strategy = strategy
    scenario = ""
    self.network = network
    self.seed = seed
    self.tasks = tasks
    stream = []
    accuracy = []
    metrics = []
    lipschitz = []
    nonForgetting = nil
    drift = []
    audit = []
    parameters = ParameterCounts(trunk: 0, perTask: [])
    memory = nil
    seconds = Seconds()
    contrasts = []
    taskInference = nil
    consistency = nil
    zeroGradients = []
    brackets = []
    certificates = []
    smoothing = []
    precision = []
    corruptions = []
    corruptionError = nil
    spatial = ""
    gallery = []
    curves = []
    configuration = ""
    environment = [:]
  }

  /// The slice of exactly this measure, norm, ε and readout.
  public func accuracy(of key: MeasureKey) -> MeasuredAccuracy? { accuracy.first { $0.key == key } }

  /// The metrics of exactly this measure, norm, ε and readout.
  public func metrics(of key: MeasureKey) -> MetricRow? { metrics.first { $0.key == key } }

  /// Computes ``metrics`` anew, a row per slice of ``accuracy``. `reference` is a*_k of ``MetricRow``, for clean
  /// accuracy.
  public mutating func computeMetrics(reference: [Double?] = []) {
    metrics = accuracy.map { MetricRow(from: $0, reference: $0.key.measure == MeasureName.clean ? reference : []) }
  }

  /// Computes ``metrics`` anew with a*_k of clean accuracy, for each readout, from joint training on the same tasks.
  public mutating func computeMetrics(against joint: Results) {
    metrics = accuracy.map { measured in
      let reference = measured.key.measure == MeasureName.clean ? joint.accuracy(of: measured.key)?.accuracy : nil
      return MetricRow(from: measured, reference: tasks.indices.map { reference?[$0, $0] })
    }
  }

  /// Equal in everything but ``seconds``, here and in the contrasts.
  public func equalsIgnoringSeconds(_ other: Results) -> Bool { withoutSeconds == other.withoutSeconds }

  private var withoutSeconds: Results {
    var copy = self
    copy.seconds = Seconds()
    copy.contrasts = contrasts.map(\.withoutSeconds)
    return copy
  }
}
