import OrderedCollections
import ResidualNets
import TensorFiles
import TorchCore

/// What each task's network answered on a fixed batch when the task was learned: proof, beside the tensors' digests,
/// that an old task still gets the same answers.
struct ReferenceLogits {
  /// The name of their file in a checkpoint.
  static let file = "logits"
  /// The first test images of a task, up to so many.
  static let batchSize = 64
  /// How far logits may be apart where other vector instructions, threads or another libtorch computed them.
  static let tolerance = 1e-4

  private(set) var tensors: OrderedDictionary<String, HostTensor> = [:]
  /// SHA-256 of each, under `file/tensor`.
  private(set) var digests: OrderedDictionary<String, String> = [:]

  init(_ tensors: OrderedDictionary<String, HostTensor> = [:]) {
    self.tensors = tensors
    digests = TensorDigest.digests([Self.file: tensors])
  }

  /// `file/tensor` of a task's answers.
  static func name(_ task: Int) -> String { "\(file)/\(TaskModels.partFile(task))" }

  subscript(task: Int) -> HostTensor? {
    get { tensors[TaskModels.partFile(task)] }
    set {
      tensors[TaskModels.partFile(task)] = newValue
      digests[Self.name(task)] = newValue.map(TensorDigest.digest)
    }
  }

  /// The answers now.
  static func compute(_ network: DeployedNetwork, on benchmark: TaskBenchmark) throws -> HostTensor {
    let pixels = try benchmark.pixels(0..<min(batchSize, benchmark.count))
    return try withoutGradients { try network.logits(pixels) }.host()
  }

  /// The largest difference of two logits; infinite where their shapes differ.
  static func distance(_ a: HostTensor, _ b: HostTensor) throws -> Double {
    guard a.shape == b.shape else { return .infinity }
    return try a.count == 0 ? 0 : (Tensor(a) - Tensor(b)).abs().max().item()
  }
}
