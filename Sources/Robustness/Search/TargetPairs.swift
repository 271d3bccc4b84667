/// Samples of a batch, each once for every target that is tried now: as many targets side by side as the batch has room
/// for.
struct TargetPairs {
  /// Where the samples stand in the batch.
  let rows: [Int]
  /// Which of its targets each sample is there for.
  let ranks: [Int]
  /// The first target that is not yet among them.
  let next: Int

  /// - Parameters:
  ///   - open: the samples; at least one.
  ///   - total: targets of each sample.
  init(_ batch: AttackBatch, _ open: [Int], from first: Int, of total: Int) {
    next = min(total, first + max(1, batch.count / open.count))
    let ranks = first..<next
    rows = open.flatMap { row in ranks.map { _ in row } }
    self.ranks = open.flatMap { _ in ranks }
  }
}
