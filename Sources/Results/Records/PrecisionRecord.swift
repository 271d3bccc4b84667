/// What a task's network answers in bfloat16 beside its answers in fp32, which are the ones that count: the same test
/// images through both, where a run computed anything in bfloat16.
public struct PrecisionRecord: Sendable, Equatable, Codable {
  public var task: String
  /// Right in fp32, as everywhere else.
  public var exact: Tally
  /// Right in bfloat16, of the same images.
  public var reduced: Tally
  /// Images that are given another class.
  public var changed: Int
  /// The largest difference of a logit, and the largest logit in fp32, both as magnitudes.
  public var largestDifference: Double
  public var largestLogit: Double

  public init(
    task: String, exact: Tally, reduced: Tally, changed: Int, largestDifference: Double, largestLogit: Double
  ) {
    self.task = task
    self.exact = exact
    self.reduced = reduced
    self.changed = changed
    self.largestDifference = largestDifference
    self.largestLogit = largestLogit
  }

  /// The largest difference relative to the largest logit; nil where all logits are zero.
  public var relativeDifference: Double? { largestLogit > 0 ? largestDifference / largestLogit : nil }

  /// What contradicts itself; nil where nothing does.
  var defect: String? {
    guard exact.n == reduced.n, (0...exact.n).contains(changed) else { return "counts of different images" }
    guard largestDifference >= 0, largestLogit >= 0 else { return "magnitudes below 0" }
    return abs(exact.correct - reduced.correct) <= changed ? nil : "more verdicts than answers differ"
  }
}

extension [PrecisionRecord] {
  /// All tasks' images together: how many, those given another class, right in fp32 and in bfloat16. Nil where there is
  /// no record.
  public var summary: (images: Int, changed: Int, exact: Tally, reduced: Tally)? {
    guard !isEmpty else { return nil }
    let exact = Tally(correct: reduce(0) { $0 + $1.exact.correct }, n: reduce(0) { $0 + $1.exact.n })
    let reduced = Tally(correct: reduce(0) { $0 + $1.reduced.correct }, n: exact.n)
    return (exact.n, reduce(0) { $0 + $1.changed }, exact, reduced)
  }
}
