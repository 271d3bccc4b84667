import TorchCore

/// A network of which nothing can be learnt but whether a point reaches the attack's goal, and that only so many times
/// for each sample: what a decision-based attack sees. Neither logits nor gradients leave this type.
struct HardLabelNetwork {
  private let network: any Classifier
  private let labels: [Int]
  private let goal: AttackGoal
  /// Questions that may still be asked about each sample.
  private(set) var remaining: [Int]

  /// - Parameter queries: for each sample.
  init(_ batch: AttackBatch, queries: Int) {
    network = batch.network
    labels = batch.labels
    goal = batch.goal
    remaining = Array(repeating: queries, count: batch.count)
  }

  /// Whether each point reaches the goal of its sample.
  ///
  /// - Parameters:
  ///   - points: P×C×H×W.
  ///   - rows: P samples, one of which may be there more than once.
  ///   - isAsked: the points that matter; the network sees no others.
  /// - Returns: false for points that were not asked for, and for those of samples that have no question left.
  mutating func reaches(_ points: Tensor, rows: [Int], isAsked: [Bool]? = nil) throws -> [Bool] {
    var asked: [Int] = []
    for (place, row) in rows.enumerated() where isAsked?[place] ?? true && remaining[row] > 0 {
      remaining[row] -= 1
      asked.append(place)
    }
    var answers = Array(repeating: false, count: rows.count)
    guard !asked.isEmpty else { return answers }
    let shown =
      asked.count == rows.count ? points : try points.selectingImages(Tensor(indices: asked).to(points.device))
    let samples = asked.map { rows[$0] }
    let verdict = try Judgement(
      network, shown, labels: samples.map { labels[$0] }, goal: goal.selecting(samples))
    for (place, reached) in zip(asked, verdict.reached) { answers[place] = reached }
    return answers
  }
}
