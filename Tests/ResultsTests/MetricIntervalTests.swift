import Testing

@testable import Results

@Suite struct MetricIntervalTests {
  @Test func oneTaskIsItsWilsonInterval() throws {
    var measured = MeasuredAccuracy(.clean(.taskAware), tasks: 1)
    measured.record(Tally(correct: 81, n: 263), after: 0, on: 0)
    let interval = try #require(MetricRow(from: measured).intervals[.averageAccuracy])
    let wilson = Intervals.wilson(successes: 81, n: 263)
    #expect(abs(interval.low - wilson.low) < 1e-15 && abs(interval.high - wilson.high) < 1e-15)
  }

  /// For two independent rates MOVER is Newcombe's hybrid score interval (Newcombe 1998b, method 10): 56/70 − 48/80 has
  /// limits 0.0524 and 0.3339 there.
  @Test func differenceIsNewcombesHybridScore() throws {
    var measured = MeasuredAccuracy(.clean(.taskAware), tasks: 2)
    measured.record(Tally(correct: 48, n: 80), after: 0, on: 0)
    measured.record(Tally(correct: 56, n: 70), after: 1, on: 0)
    measured.record(Tally(correct: 1, n: 1), after: 1, on: 1)
    let interval = try #require(MetricRow(from: measured).intervals[.backwardTransfer])
    #expect(abs(interval.low - 0.0524) < 5e-5 && abs(interval.high - 0.3339) < 5e-5)
  }

  @Test func unknownCountsGiveNoInterval() throws {
    let matrix = try AccuracyMatrix(rows: [[0.5, nil], [0.5, 0.75]])
    let row = MetricRow(from: MeasuredAccuracy(.clean(.taskAware), accuracy: matrix))
    #expect(row.averageAccuracy == 0.625)
    #expect(row.intervals.isEmpty)
  }

  @Test func everyIntervalHoldsItsFigure() throws {
    for seed in 0..<200 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let tasks = 1 + Int(random.next() % 6)
      var measured = MeasuredAccuracy(.clean(.taskAgnostic), tasks: tasks)
      for row in [nil] + (0..<tasks).map(Optional.some) {
        for column in 0..<tasks {
          let n = 1 + Int(random.next() % 200)
          measured.record(Tally(correct: Int(random.next() % UInt64(n + 1)), n: n), after: row, on: column)
        }
      }
      let row = MetricRow(from: measured)
      for (metric, interval) in row.intervals {
        let value = try #require(row[metric])
        #expect(interval.low <= value + 1e-12 && value <= interval.high + 1e-12, "seed \(seed), \(metric)")
      }
      #expect(Set(row.intervals.keys) == Set(row.values.keys), "seed \(seed)")
    }
  }
}
