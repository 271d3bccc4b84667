import Lipschitz
import Results

/// What a learned and evaluated task leaves of a run's state, for good: its row of the evaluation tensor, the bound its
/// certificates were issued with, and the digests of what must not change.
///
/// It is a file of its own beside the task's tensors, to which later checkpoints link, so that a checkpoint's size does
/// not grow with what was found out before.
struct SettledTask: Codable, Equatable {
  /// A slice's part of the task's row.
  struct Row: Codable, Equatable {
    let key: MeasureKey
    /// On tasks 0…task; nil where nothing was measured.
    let tallies: [Tally?]
  }

  let rows: [Row]
  let issued: IssuedBound?
  /// SHA-256 by `file/tensor`.
  let recorded: [String: String]
}

extension Checkpoint.State {
  /// How many tasks are settled.
  var settledTasks: Int { isComplete ? parts : max(0, parts - 1) }

  /// The files of settled tasks, without extension.
  var settledNames: [String] { (0..<settledTasks).map(TaskModels.partFile) }

  /// What a settled task leaves.
  func settled(_ task: Int) -> SettledTask {
    SettledTask(
      rows: evaluation.accuracy.compactMap { slice in
        let tallies = (0...task).map { slice.tally(after: task, on: $0) }
        return tallies.contains { $0 != nil } ? .init(key: slice.key, tallies: tallies) : nil
      },
      issued: issued.flatMap { $0[task] }, recorded: recorded.of(task: task))
  }

  /// The state without what settled tasks leave, and without digests that are those recorded.
  var thinned: Self {
    var state = self
    state.digests = digests.filter { recorded[$0.key] != $0.value }
    // What is recorded of a task is recorded when it is settled.
    state.recorded = recorded.shared
    state.evaluation.accuracy = []
    state.issued = nil
    return state
  }

  /// The state with what settled tasks have left, in their order.
  func completed(by settled: [SettledTask]) -> Self {
    var state = self
    var issued: [IssuedBound?] = Array(repeating: nil, count: evaluation.inference.count)
    for (task, left) in settled.enumerated() {
      for row in left.rows {
        for case (let column, let tally?) in row.tallies.enumerated() {
          state.evaluation.record(row.key, tally, after: task, on: column)
        }
      }
      issued[task] = left.issued
      state.recorded.merge(left.recorded)
    }
    state.issued = issued
    state.digests = state.recorded.all.merging(digests) { $1 }
    return state
  }
}
