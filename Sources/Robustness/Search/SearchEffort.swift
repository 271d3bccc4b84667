/// What a search spent on each sample of a batch, and what gradients it saw.
struct SearchEffort {
  private var isZero: [Bool]
  private var isNonFinite: [Bool]
  private var isSeen: [Bool]
  private var evaluations = 0
  /// Forward passes, with and without a gradient.
  private(set) var queries: [Int]

  init(count: Int) {
    isZero = Array(repeating: false, count: count)
    isNonFinite = isZero
    isSeen = isZero
    queries = Array(repeating: 0, count: count)
  }

  /// Adds a gradient pass over the samples `rows`, given in the pass's order; just those in `live` count.
  mutating func add(_ pass: InputGradient, rows: [Int], where live: [Int]) {
    for (place, row) in counted(rows, live) {
      evaluations += 1
      queries[row] += 1
      isSeen[row] = true
      if pass.isZero[place] { isZero[row] = true }
      if pass.isNonFinite[place] { isNonFinite[row] = true }
    }
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
