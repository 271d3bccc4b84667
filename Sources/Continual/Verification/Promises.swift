import OrderedCollections
import ResidualNets
import TensorFiles
import TorchCore

/// What must not change once a task is learned: the digests of the tensors it uses, and its answers on a fixed batch.
struct Promises {
  /// Recorded when each task was learned.
  private(set) var recorded = RecordedDigests()
  private(set) var references = ReferenceLogits()
  /// The first that was found changed.
  private(set) var firstDifference: String?
  /// What bits depend on beside seed and configuration, when the run began.
  private(set) var arithmetic: [String: String]
  /// Whether it is still the same, so that logits can be compared bit by bit.
  private var bindsBits = true

  init(arithmetic: [String: String]) { self.arithmetic = arithmetic }

  /// Takes over what a checkpoint recorded.
  /// - Returns: whether the arithmetic is another than when the run began.
  @discardableResult
  mutating func adopt(_ checkpoint: Checkpoint) -> Bool {
    recorded = checkpoint.state.recorded
    references = ReferenceLogits(checkpoint.files[ReferenceLogits.file] ?? [:])
    firstDifference = checkpoint.state.firstDifference
    bindsBits = checkpoint.state.arithmetic == arithmetic
    arithmetic = checkpoint.state.arithmetic
    return !bindsBits
  }

  /// Records what task `task` uses, its answers included.
  mutating func record(
    _ task: Int, _ digests: OrderedDictionary<String, String>, _ models: TaskModels, _ benchmarks: [TaskBenchmark]
  ) throws {
    for (tensor, digest) in digests where recorded[tensor] == nil { recorded[tensor] = digest }
    let logits = try ReferenceLogits.compute(models.network(for: task).deployed(), on: benchmarks[task])
    references[task] = logits
    recorded[ReferenceLogits.name(task)] = references.digests[ReferenceLogits.name(task)]
  }

  /// Compares everything recorded with what is there now.
  mutating func compare(
    _ digests: OrderedDictionary<String, String>, _ models: TaskModels, _ benchmarks: [TaskBenchmark]
  ) throws {
    guard firstDifference == nil else { return }
    firstDifference = digests.keys.first { recorded[$0] != nil && recorded[$0] != digests[$0] }
    for task in models.parts.indices where firstDifference == nil {
      guard let before = references[task] else { continue }
      let now = try ReferenceLogits.compute(models.network(for: task).deployed(), on: benchmarks[task])
      let same = try bindsBits ? now == before : ReferenceLogits.distance(now, before) <= ReferenceLogits.tolerance
      if !same { firstDifference = ReferenceLogits.name(task) }
    }
  }
}
