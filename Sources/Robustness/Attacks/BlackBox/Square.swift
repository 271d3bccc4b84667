import Results
import TorchCore

/// The Square attack (Andriushchenko, Croce, Flammarion and Hein 2020) in L∞ and L2: random search with squares that
/// shrink, by the logits alone.
///
/// A query changes the perturbation in one square of each image and keeps the change where the loss grows. The loss is
/// the margin (toward targets the cross-entropy, as in AutoAttack), so that no gradient can mislead it. Every sample
/// has squares of its own, drawn from its own stream by the number of the query. The schedule of their size, made for
/// 10,000 queries, is stretched to the budget, as in the paper's code. Squares are placed as in the paper's algorithms
/// 2 and 3, at every place where they fit; AutoAttack's code leaves out the last row and the last column.
public struct Square: Attack {
  /// Forward passes on a sample, at most; the last of them is kept for the verdict on what was found.
  public var queries: Int
  /// p: the share of an image that the first squares cover.
  public var share: Double

  public init(queries: Int, share: Double = 0.8) {
    self.queries = queries
    self.share = share
  }

  public var name: String { AttackKind.square.rawValue }
  public func settings(classes: Int) -> String {
    "\(queries) queries, squares of \(share) of the image, halved at "
      + Self.halvings.map(String.init).joined(separator: ", ")
      + " of 10000 queries, stretched to the budget"
      + ", loss logitMargin (toward targets crossEntropy)"
  }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    try check(ball.norm)
    guard batch.count > 0 else { return .unperturbed(batch) }
    var search = try AttackSearch(batch, FeasibleSet(ball, around: batch.pixels), carrying: smaller)
    // In a ball of one point, and among one class, there is nothing to look for.
    guard ball.radius > 0, batch.network.classCount > 1, !search.live.isEmpty else { return try search.result() }
    let objective = try batch.objective(batch.goal == .misclassification ? .logitMargin : .crossEntropy)
    var squares = try SquareSearch(search, objective, streams: batch.streams("square"))
    try squares.judge(squares.start(), in: &search)
    for query in 1..<queries - 1 {
      let live = search.live
      guard !live.isEmpty else { break }
      squares = try squares.packed(to: live)
      try squares.judge(squares.candidates(query: query, share: share(at: query)), in: &search)
    }
    try squares.report(to: &search)
    return try search.result()
  }

  /// Queries, of 10,000, after which p is halved.
  static let halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000]

  /// p at a query.
  func share(at query: Int) -> Double {
    let place = Int(Double(query) / Double(queries) * 10_000)
    return Self.halvings.reduce(share) { place > $1 ? $0 / 2 : $0 }
  }

  private func check(_ norm: PerturbationNorm) throws {
    try AttackKind.square.requireForm(norm)
    try RobustnessError.require(
      queries >= 2, "Square's queries", "must be at least 2: one to look and one for the verdict")
    try RobustnessError.require(share > 0 && share <= 1, "Square's share", "must be above 0 and at most 1")
  }
}
