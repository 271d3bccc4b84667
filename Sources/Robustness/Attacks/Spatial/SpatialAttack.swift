import RandomStreams
import TorchCore

/// Turns and shifts that fool the network (Engstrom, Tran, Tsipras, Schmidt and Madry 2019).
///
/// There is no ball: the threat is a ``SpatialRange``, and so this is no ``Attack``. The identity is always among the
/// candidates, so no sample fares better under attack than clean. Of a sample that no candidate fools the move of
/// highest cross-entropy is kept. Candidates are judged without gradients, which serve poorly here (their section 4).
public struct SpatialAttack: Sendable, Hashable {
  public enum Search: Sendable, Hashable {
    /// So many moves drawn from the range by each sample's own stream.
    case worstOf(Int)
    /// Every combination of so many turns and, along each axis, so many shifts.
    case grid(turns: Int, shifts: Int)
  }

  public var range: SpatialRange
  public var search: Search

  public init(_ range: SpatialRange = SpatialRange(), search: Search = .worstOf(10)) {
    self.range = range
    self.search = search
  }

  public var name: String { "spatial" }

  /// Every setting that shapes the result, in words for the report.
  public var settings: String {
    let candidates =
      switch search {
      case .worstOf(let draws): "worst of \(draws) random moves"
      case .grid(let turns, let shifts): "grid of \(turns) turns and \(shifts)×\(shifts) shifts"
      }
    return "up to ±\(range.degrees)° and ±\(range.pixels) pixels, \(candidates), and the identity"
  }

  /// Attacks every sample of the batch that is open to attack; a sample is left alone once it is fooled.
  ///
  /// - Throws: ``RobustnessError``, `TorchError`.
  public func perturb(_ batch: AttackBatch) throws -> SpatialResult {
    try check()
    guard batch.count > 0 else { return try SpatialResult(batch, moves: [], queries: []) }
    let candidates = try candidates(batch)
    var moves = Array(repeating: SpatialMove.identity, count: batch.count)
    var losses = try batch.objective(.crossEntropy).values(batch.cleanLogits).floats()
    var queries = Array(repeating: 0, count: batch.count)
    var live = batch.openRows()
    for candidate in 0..<candidates.count where !live.isEmpty {
      let tried = live.map { candidates.move($0, candidate) }
      let answer = try judged(batch, live, tried)
      for (place, row) in live.enumerated() {
        queries[row] += 1
        guard answer.reached[place] || answer.losses[place] > losses[row] else { continue }
        (moves[row], losses[row]) = (tried[place], answer.losses[place])
      }
      live = zip(live, answer.reached).filter { !$1 }.map(\.0)
    }
    return try SpatialResult(batch, moves: moves, queries: queries)
  }

  /// The network's verdict on some samples, each moved in its own way.
  private func judged(
    _ batch: AttackBatch, _ rows: [Int], _ moves: [SpatialMove]
  ) throws -> (reached: [Bool], losses: [Float]) {
    let places = try Tensor(indices: rows).to(batch.pixels.device)
    let points = try batch.pixels.selectingImages(places).warped(moves)
    let network = batch.network
    let logits = try withoutGradients { try network.logits(points) }
    let verdict = try Judgement(logits: logits, labels: rows.map { batch.labels[$0] }, goal: batch.goal.selecting(rows))
    return (verdict.reached, try batch.objective(.crossEntropy).selecting(places).values(logits).floats())
  }

  /// How many moves are tried, and the move that a sample tries.
  private func candidates(_ batch: AttackBatch) throws -> (count: Int, move: (_ row: Int, _ number: Int) -> SpatialMove)
  {
    switch search {
    case .worstOf(let draws):
      let streams = try batch.streams("spatial")
      return (draws, { range.move(streams[$0].stream($1)) })
    case .grid(let turns, let shifts):
      let grid = range.grid(turns: turns, shifts: shifts)
      return (grid.count, { grid[$1] })
    }
  }

  private func check() throws {
    try RobustnessError.require(
      range.degrees >= 0 && range.degrees.isFinite, "the spatial attack's turn", "must be at least 0 and finite")
    try RobustnessError.require(
      range.pixels >= 0 && range.pixels.isFinite, "the spatial attack's shift", "must be at least 0 and finite")
    switch search {
    case .worstOf(let draws):
      try RobustnessError.require(draws >= 1, "the spatial attack's draws", "must be at least 1")
    case .grid(let turns, let shifts):
      try RobustnessError.require(turns >= 1 && shifts >= 1, "the spatial attack's grid", "must have a point at least")
    }
  }
}
