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

  private(set) var tensors: OrderedDictionary<String, HostTensor> = [:]

  init(_ tensors: OrderedDictionary<String, HostTensor> = [:]) { self.tensors = tensors }

  subscript(task: Int) -> HostTensor? {
    get { tensors[TaskModels.partFile(task)] }
    set { tensors[TaskModels.partFile(task)] = newValue }
  }

  /// The answers now.
  static func compute(_ network: DeployedNetwork, on benchmark: TaskBenchmark) throws -> HostTensor {
    let pixels = try benchmark.pixels(0..<min(batchSize, benchmark.count))
    return try withoutGradients { try network.logits(pixels) }.host()
  }
}
