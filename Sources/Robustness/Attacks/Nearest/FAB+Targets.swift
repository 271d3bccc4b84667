import TorchCore

extension FAB {
  /// Samples that are searched at once, each toward one of its targets where there are targets.
  struct Pairs {
    let rows: [Int]
    /// Which of its targets each sample is there for; nil where all boundaries are looked at.
    let ranks: [Int]?
  }

  /// All open samples, once for each target; at most as many at once as the batch has samples.
  func pairs(_ batch: AttackBatch, _ open: [Int]) throws -> [Pairs] {
    guard targets > 0, batch.goal == .misclassification else { return [Pairs(rows: open, ranks: nil)] }
    let total = min(targets, batch.network.classCount - 1)
    var (all, rank) = ([Pairs](), 0)
    while rank < total {
      let pairs = TargetPairs(batch, open, from: rank, of: total)
      all.append(Pairs(rows: pairs.rows, ranks: pairs.ranks))
      rank = pairs.next
    }
    return all
  }

  /// The same, packed, with the boundaries that each looks at.
  struct Group {
    let samples: PackedSamples
    let boundaries: ClassPairs
    let ranks: [Int]

    /// Nil where no sample is wanted.
    init?(_ batch: AttackBatch, _ pairs: Pairs, where isWanted: (Int) -> Bool, of attack: FAB) throws {
      let places = pairs.rows.indices.filter { isWanted(pairs.rows[$0]) }
      guard !places.isEmpty else { return nil }
      let rows = places.map { pairs.rows[$0] }
      samples = try PackedSamples(batch, rows: rows)
      guard let all = pairs.ranks else {
        ranks = rows.map { _ in 0 }
        boundaries = try batch.boundaries(rows, rivals: batch.network.classCount - 1)
        return
      }
      ranks = places.map { all[$0] }
      let rivals = try batch.rivals(attack.targets)
      let toward = try Tensor(indices: zip(rows, ranks).map { rivals[$0][$1] }).to(batch.pixels.device)
      boundaries = .fixed(
        away: try Tensor(indices: rows.map { batch.labels[$0] }).to(batch.pixels.device), toward: [toward])
    }
  }
}
