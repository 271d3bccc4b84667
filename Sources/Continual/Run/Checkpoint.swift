import Foundation
import Lipschitz
import OrderedCollections
import TensorFiles

/// All that a run needs to go on.
struct Checkpoint {
  /// The file of the strategy's own state.
  static let strategyFile = "strategy"
  static let schema = "steadfast.checkpoint/3"
  /// In which `state.json` holds what settled tasks leave, too.
  static let olderSchema = "steadfast.checkpoint/2"

  /// What `state.json` and a ``SettledTask`` for each settled task hold beside the tensors. There are no generator states: random streams are functions of the
  /// seed and of where the run stands.
  struct State: Codable, Equatable {
    var schema = Checkpoint.schema
    /// SHA-256 of what decides the tensors: the configuration without its evaluation.
    var configuration: String
    /// SHA-256 of the images, by role.
    var data: [String: String]
    /// What bits depend on beside those: libtorch, vector instructions, threads, device.
    var arithmetic: [String: String]
    /// The lesson the run is in; `isComplete` when that lesson is learned and evaluated.
    var lesson: Int
    var isComplete: Bool
    /// Whether the optimizer's tensors are stored: within a lesson, and where it goes on in the next one.
    var hasOptimizer: Bool
    var progress: LessonProgress
    /// How many tasks have a part file.
    var parts: Int
    /// Whether the head of all tasks, or of a pre-training lesson in progress, is stored.
    var hasCommonHead: Bool
    /// Whether something between features and heads is stored.
    var hasExpansion: Bool
    /// Whether the strategy's own state is stored.
    var hasStrategyState: Bool
    /// Bytes of metrics.jsonl that belong to this state.
    var eventOffset: Int
    var evaluation: EvaluationRecord
    /// SHA-256 of every tensor of this checkpoint but the optimizer's, by `file/tensor`. What a run writes may leave out
    /// those of ``recorded``.
    var digests: [String: String]
    /// SHA-256 of what old tasks use, recorded when each task was learned; empty where the strategy promises nothing.
    var recorded: RecordedDigests
    /// The first tensor that was found changed after its task was learned.
    var firstDifference: String?
    var trainSeconds: Double
    /// Over how many ranks batches were learned from together; nil where none were.
    var trainingRanks: [Int]?
    /// By task, the bound that its certificates were issued with; nil in checkpoints of versions that kept none.
    var issued: [IssuedBound?]?

    /// The files of tensors, without extension.
    var fileNames: [String] {
      [TaskModels.trunkFile, ReferenceLogits.file] + (0..<parts).map(TaskModels.partFile)
        + (hasCommonHead ? [TaskModels.commonHeadFile] : [])
        + (hasExpansion ? [TaskModels.expansionFile] : [])
        + (hasStrategyState ? [Checkpoint.strategyFile] : [])
    }
  }

  var state: State
  /// By file name without extension.
  var files: OrderedDictionary<String, OrderedDictionary<String, HostTensor>>
  /// Paths of further files, by the same names, that stay where they lie: parts of settled tasks.
  var stored: OrderedDictionary<String, String> = [:]
  /// Empty where the next lesson begins with a new one.
  var optimizer: OrderedDictionary<String, HostTensor>
}

extension Checkpoint.State {
  /// The first tensor that is not what was stored, in words; nil where all are.
  ///
  /// - Parameter found: by `file/tensor`.
  func firstDamage(_ found: OrderedDictionary<String, String>) -> String? {
    if let changed = found.keys.first(where: { digests[$0] != found[$0] }) {
      return "tensor \(changed) is not what the checkpoint recorded"
    }
    return digests.keys.sorted().first { found[$0] == nil }.map { "tensor \($0) is missing" }
  }
}
