/// What a search spent on each sample of a batch, and what gradients it saw.
struct SearchEffort: Sendable, Equatable {
  /// Forward passes spent on each sample, with and without a gradient; what the shared clean pass computed counts where
  /// it was used.
  var queries: [Int]
  private var isZero: [Bool]
  private var isNonFinite: [Bool]
  private var isSeen: [Bool]
  private var evaluations = 0

  /// - Parameter queries: of each sample; none saw a gradient.
  init(queries: [Int]) {
    self.queries = queries
    isZero = Array(repeating: false, count: queries.count)
    isNonFinite = isZero
    isSeen = isZero
  }

  init(count: Int) { self.init(queries: Array(repeating: 0, count: count)) }

  /// What was spent on the same samples here and there.
  static func + (a: SearchEffort, b: SearchEffort) -> SearchEffort {
    var sum = SearchEffort(queries: zip(a.queries, b.queries).map(+))
    sum.isZero = zip(a.isZero, b.isZero).map { $0 || $1 }
    sum.isNonFinite = zip(a.isNonFinite, b.isNonFinite).map { $0 || $1 }
    sum.isSeen = zip(a.isSeen, b.isSeen).map { $0 || $1 }
    sum.evaluations = a.evaluations + b.evaluations
    return sum
  }

  /// With one more forward pass over each sample that had any.
  var withVerdict: SearchEffort {
    var effort = self
    effort.queries = queries.map { $0 > 0 ? $0 + 1 : 0 }
    return effort
  }

  /// Of some samples as of a whole batch, in which they stand at `rows`: nothing was spent on the others.
  func expanded(from rows: [Int], count: Int) -> SearchEffort {
    var whole = SearchEffort(count: count)
    for (place, row) in rows.enumerated() {
      whole.queries[row] = queries[place]
      whole.isZero[row] = isZero[place]
      whole.isNonFinite[row] = isNonFinite[place]
      whole.isSeen[row] = isSeen[place]
    }
    whole.evaluations = evaluations
    return whole
  }

  /// Adds a gradient pass over the samples `rows`, given in the pass's order; just those in `live` count.
  mutating func add(_ pass: InputGradient, rows: [Int], where live: [Int]) {
    addForward(rows: rows, where: live)
    addGradients(1, isZero: pass.isZero, isNonFinite: pass.isNonFinite, rows: rows, where: live)
  }

  /// Adds a forward pass over the samples `rows`; just those in `live` count.
  mutating func addForward(rows: [Int], where live: [Int]) {
    for (_, row) in counted(rows, live) { queries[row] += 1 }
  }

  /// Adds several gradients of each of the samples `rows`, taken from one forward pass; just those in `live` count.
  mutating func addGradients(
    _ count: Int, isZero zero: [Bool], isNonFinite nonFinite: [Bool], rows: [Int], where live: [Int]
  ) {
    for (place, row) in counted(rows, live) {
      evaluations += count
      isSeen[row] = true
      if zero[place] { isZero[row] = true }
      if nonFinite[place] { isNonFinite[row] = true }
    }
  }

  private func counted(_ rows: [Int], _ live: [Int]) -> [(place: Int, row: Int)] {
    var isLive = Array(repeating: false, count: isSeen.count)
    for row in live { isLive[row] = true }
    return rows.enumerated().filter { isLive[$0.element] }.map { (place: $0.offset, row: $0.element) }
  }

  var statistics: GradientStatistics {
    GradientStatistics(
      samples: isSeen.count { $0 }, zero: isZero.count { $0 }, nonFinite: isNonFinite.count { $0 },
      evaluations: evaluations)
  }
}
