import OrderedCollections

/// Compares what checkpoints hold with what they, and `results.json`, say of it. What a settled task has in files that an
/// earlier checkpoint had too is compared once.
struct CheckpointCheck {
  /// What `results.json` says was recorded; nil for a run that has not come so far.
  let published: [String: String]?
  /// Files of settled tasks, and what these left, that were found to agree.
  private var agreeing: Set<[ObjectIdentifier]> = []

  init(published: [String: String]?) { self.published = published }

  /// What is wrong, in words; nil where all is as stored and as recorded.
  mutating func difference(_ checkpoint: CheckpointDigests) -> String? {
    // Which tensor is the first that differs is found out by looking at all.
    holds(checkpoint) ? nil : firstDifference(checkpoint.state, checkpoint.digests)
  }

  private func firstDifference(_ state: Checkpoint.State, _ digests: OrderedDictionary<String, String>) -> String? {
    if let damage = state.firstDamage(digests) { return damage }
    // A checkpoint within a lesson holds parts still in training; what was recorded before must stand in it all the
    // same.
    for (tensor, digest) in state.recorded.all.sorted(by: { $0.key < $1.key }) {
      if digests[tensor] != digest { return "tensor \(tensor) changed after its task was learned" }
      if !isPublished(tensor, digest) { return "tensor \(tensor) is not what results.json says was recorded" }
    }
    return nil
  }

  /// Whether there is surely no difference. False says nothing.
  private mutating func holds(_ checkpoint: CheckpointDigests) -> Bool {
    let (settled, digests) = (checkpoint.settled, checkpoint.own.digests)
    let recorded = checkpoint.own.recorded.all
    var names = Set(recorded.keys).union(digests.keys)
    var answers = settled.indices.count { settled[$0].task.recorded[ReferenceLogits.name($0)] != nil }
    let tasks = Dictionary(uniqueKeysWithValues: checkpoint.own.settledNames.enumerated().map { ($1, $0) })
    for (file, tensors) in checkpoint.files {
      if let task = settled.isEmpty ? nil : tasks[file] {
        guard agree(tensors, settled[task], task) else { return false }
        continue
      }
      for (tensor, digest) in tensors.digests {
        if let expected = recorded[tensor] {
          guard expected == digest, isPublished(tensor, digest) else { return false }
        }
        if let expected = digests[tensor], expected != digest { return false }
        guard names.remove(tensor) == nil else { continue }
        // Beside what the state itself names there are only the answers of settled tasks.
        guard file == ReferenceLogits.file, let task = tasks[String(tensor.dropFirst(file.count + 1))],
          settled.indices.contains(task), settled[task].task.recorded[tensor] == digest
        else { return false }
        answers -= 1
      }
    }
    // Also where the state says something else of a settled task's file.
    return names.isEmpty && answers == 0
  }

  /// Whether a settled task's file holds exactly what was recorded of it, and that was published.
  private mutating func agree(_ file: LinkedFiles.Tensors, _ settled: LinkedFiles.Settled, _ task: Int) -> Bool {
    let pair = [ObjectIdentifier(file), ObjectIdentifier(settled)]
    if agreeing.contains(pair) { return true }
    let recorded = settled.task.recorded
    let answers = recorded[ReferenceLogits.name(task)] == nil ? 0 : 1
    guard file.digests.count + answers == recorded.count, file.digests.allSatisfy({ recorded[$0] == $1 }),
      recorded.allSatisfy({ isPublished($0, $1) })
    else { return false }
    agreeing.insert(pair)
    return true
  }

  private func isPublished(_ tensor: String, _ digest: String) -> Bool {
    published.map { $0[tensor] == digest } ?? true
  }
}
