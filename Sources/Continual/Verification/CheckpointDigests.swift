import OrderedCollections

/// What a checkpoint says of its tensors, and the digests of those that it holds.
struct CheckpointDigests {
  /// The state as its own file has it: without what settled tasks leave.
  let own: Checkpoint.State
  /// What those left, by task; none in checkpoints of the older schema.
  let settled: [LinkedFiles.Settled]
  /// In the order of a checkpoint.
  let files: [(name: String, tensors: LinkedFiles.Tensors)]

  /// - Throws: `RunError.damaged` or `TensorFileError`, naming the file.
  init(_ entry: CheckpointStore.Entry, of store: CheckpointStore, _ linked: LinkedFiles) throws {
    own = try store.readOwnState(entry)
    settled =
      own.schema == Checkpoint.schema
      ? try (0..<own.settledTasks).map { try linked.settled($0, in: entry, of: store) } : []
    files = try own.fileNames.map { ($0, try linked.tensors($0, in: entry)) }
  }

  /// How many tensors there are.
  var count: Int { files.reduce(0) { $0 + $1.tensors.digests.count } }

  /// What is said of a checkpoint in which nothing differs.
  var standing: String {
    let promised = own.recorded.count + settled.reduce(0) { $0 + $1.task.recorded.count }
    return promised == 0
      ? "\(count) tensors are as stored"
      : "\(count) tensors are as stored, \(promised) of them as when their task was learned"
  }

  /// The whole state.
  var state: Checkpoint.State {
    own.schema == Checkpoint.schema ? own.completed(by: settled.map(\.task)) : own
  }

  /// SHA-256 of every tensor, by `file/tensor`.
  var digests: OrderedDictionary<String, String> {
    var digests: OrderedDictionary<String, String> = [:]
    for file in files { digests.merge(file.tensors.digests) { $1 } }
    return digests
  }
}
