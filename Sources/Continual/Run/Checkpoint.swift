import Foundation
import OrderedCollections
import TensorFiles

/// All that a run needs to go on.
struct Checkpoint {
  static let schema = "steadfast.checkpoint/1"

  /// What `state.json` holds beside the tensors. There are no generator states: random streams are functions of the
  /// seed and of where the run stands.
  struct State: Codable, Equatable {
    var schema = Checkpoint.schema
    /// SHA-256 of the resolved configuration.
    var configuration: String
    var seed: UInt64
    /// The lesson the run is in; `isComplete` when that lesson is learned and evaluated.
    var lesson: Int
    var isComplete: Bool
    var progress: LessonProgress
    /// How many tasks have a part file.
    var parts: Int
    /// Bytes of metrics.jsonl that belong to this state.
    var eventOffset: Int
    var evaluation: EvaluationRecord
    /// SHA-256 of every tensor of this checkpoint but the optimizer's, by `file/tensor`.
    var digests: [String: String]
    /// SHA-256 of what old tasks use, recorded when each task was learned; empty where the strategy promises nothing.
    var recorded: [String: String]
    var trainSeconds: Double
  }

  var state: State
  /// By file name without extension.
  var files: OrderedDictionary<String, OrderedDictionary<String, HostTensor>>
  /// Empty between lessons.
  var optimizer: OrderedDictionary<String, HostTensor>
}
