import Foundation
import Testing

@testable import Results

@Suite struct ContinualMetricsTests {
  /// Three tasks by hand. Task 1 is best after task 2, task 2 has a high zero-shot figure before it is learned.
  private let matrix: AccuracyMatrix
  init() throws {
    matrix = try AccuracyMatrix(
      initial: [0.5, 0.25, 0.5], rows: [[0.75, 1.0, 0.5], [0.875, 0.75, 0.625], [0.625, 0.5, 1.0]])
  }

  @Test func byHand() throws {
    #expect(ContinualMetrics.averageAccuracy(matrix) == (0.625 + 0.5 + 1.0) / 3)
    #expect(ContinualMetrics.averageAccuracy(matrix, after: 2) == (0.875 + 0.75) / 2)
    #expect(ContinualMetrics.backwardTransfer(matrix) == ((0.625 - 0.75) + (0.5 - 0.75)) / 2)
    #expect(ContinualMetrics.backwardTransfer(matrix, after: 2) == 0.125)
    // Columns 2 and 3 just before they are learned, against the untrained network.
    #expect(ContinualMetrics.forwardTransfer(matrix) == ((1.0 - 0.25) + (0.625 - 0.5)) / 2)
    // With zero-shot rows task 2 was once at 1.0; without them at 0.75.
    #expect(ContinualMetrics.forgetting(matrix) == ((0.875 - 0.625) + (1.0 - 0.5)) / 2)
    #expect(ContinualMetrics.forgettingSinceLearned(matrix) == ((0.875 - 0.625) + (0.75 - 0.5)) / 2)
    #expect(ContinualMetrics.forgettingIncludingLast(matrix) == ((0.875 - 0.625) + (0.75 - 0.5)) / 2)
    #expect(ContinualMetrics.forgettingAvalanche(matrix) == ((0.75 - 0.625) + (0.75 - 0.5)) / 2)
    #expect(ContinualMetrics.learningAccuracy(matrix) == (0.75 + 0.75 + 1.0) / 3)
    #expect(
      ContinualMetrics.averageIncrementalAccuracy(matrix)
        == (0.75 + (0.875 + 0.75) / 2 + (0.625 + 0.5 + 1.0) / 3) / 3)
    #expect(ContinualMetrics.intransigence(matrix, reference: [nil, nil, 0.5]) == -0.5)
    #expect(ContinualMetrics.intransigence(matrix, reference: [0.875, nil, 0.5], after: 1) == 0.125)
    #expect(ContinualMetrics.diazAccuracy(matrix) == (0.75 + 0.875 + 0.75 + 0.625 + 0.5 + 1.0) / 6)
    let bwt = ((0.875 - 0.75) + (0.625 - 0.75) + (0.5 - 0.75)) / 3
    #expect(ContinualMetrics.diazBackwardTransfer(matrix) == bwt)
    #expect(ContinualMetrics.remembering(matrix) == 1 + bwt)
    #expect(ContinualMetrics.diazBackwardTransferPlus(matrix) == 0)
    #expect(ContinualMetrics.diazForwardTransfer(matrix) == (1.0 + 0.5 + 0.625) / 3)
  }

  @Test func forgettingMayBeNegativeButNotWithTheLastRow() throws {
    let improving = try AccuracyMatrix(rows: [[0.5, nil], [0.75, 1]])
    #expect(ContinualMetrics.forgetting(improving) == -0.25)
    #expect(ContinualMetrics.forgettingIncludingLast(improving) == 0)
    #expect(ContinualMetrics.backwardTransfer(improving) == 0.25)
    #expect(ContinualMetrics.remembering(improving) == 1)
    #expect(ContinualMetrics.diazBackwardTransferPlus(improving) == 0.25)
  }

  @Test func anAbsentCellIsNotZero() throws {
    // Unseen heads: the upper triangle and the untrained network make no sense.
    let taskAware = try AccuracyMatrix(rows: [[0.9, nil, nil], [0.9, 0.8, nil], [0.9, 0.8, 0.7]])
    #expect(ContinualMetrics.forgetting(taskAware) == 0)
    #expect(ContinualMetrics.backwardTransfer(taskAware) == 0)
    #expect(ContinualMetrics.forwardTransfer(taskAware) == nil)
    #expect(ContinualMetrics.diazForwardTransfer(taskAware) == nil)
    #expect(ContinualMetrics.diazAccuracy(taskAware) != nil)
    var unmeasured = taskAware
    unmeasured[2, 0] = nil
    for figure in [
      ContinualMetrics.averageAccuracy(unmeasured), ContinualMetrics.backwardTransfer(unmeasured),
      ContinualMetrics.forgetting(unmeasured), ContinualMetrics.forgettingSinceLearned(unmeasured),
      ContinualMetrics.forgettingIncludingLast(unmeasured), ContinualMetrics.averageIncrementalAccuracy(unmeasured),
      ContinualMetrics.diazBackwardTransfer(unmeasured), ContinualMetrics.remembering(unmeasured),
    ] { #expect(figure == nil) }
    #expect(ContinualMetrics.learningAccuracy(unmeasured) != nil)
    var gap = taskAware
    gap[1, 0] = nil
    #expect(ContinualMetrics.forgetting(gap) == nil, "a learned row that was not measured could hold the maximum")
    #expect(ContinualMetrics.backwardTransfer(gap) == 0)
  }

  @Test func oneTaskAndNone() throws {
    let one = try AccuracyMatrix(initial: [0.5], rows: [[0.75]])
    #expect(ContinualMetrics.averageAccuracy(one) == 0.75)
    #expect(ContinualMetrics.backwardTransfer(one) == nil)
    #expect(ContinualMetrics.forwardTransfer(one) == nil)
    #expect(ContinualMetrics.forgetting(one) == nil)
    #expect(MetricRow(from: MeasuredAccuracy(.clean(.taskAware), tasks: 0)).values.isEmpty)
    #expect(ContinualMetrics.averageAccuracy(one, after: 7) == nil)
    #expect(ContinualMetrics.forgetting(one, after: 0) == nil)
  }

  @Test func modelSizes() {
    #expect(ContinualMetrics.modelSizeEfficiency(sizes: [100, 200, 400]) == (1 + 0.5 + 0.25) / 3)
    #expect(ContinualMetrics.modelSizeEfficiency(sizes: [100, 50]) == 1)
    #expect(ContinualMetrics.modelSizeEfficiency(sizes: [100, 0]) == nil)
  }

  fileprivate struct Golden: Decodable {
    var n: Int
    var initial: [Int]
    var correct: [[Int]]
    var metrics: [String: Double?]
  }

  /// Random matrices against exact fractions (Fixtures/metrics.py).
  @Test func agreesWithExactFractions() throws {
    let cases = try JSONDecoder().decode([Golden].self, from: Data(contentsOf: fixture("metrics.json")))
    #expect(cases.count == 10)
    for (index, golden) in cases.enumerated() {
      let row = MetricRow(from: golden.measured)
      for metric in ContinualMetric.allCases where metric != .intransigence {
        let expected = try #require(golden.metrics[metric.rawValue], "the fixture lacks \(metric)")
        switch (row[metric], expected) {
        case (nil, nil): break
        case (let value?, let expected?): #expect(abs(value - expected) < 1e-14, "case \(index), \(metric)")
        default: Issue.record("case \(index), \(metric): \(String(describing: row[metric]))")
        }
      }
    }
  }

  /// Nothing forgotten is 0 to the last bit, whatever the accuracies.
  @Test func equalRowsForgetExactlyNothing() throws {
    for seed in 0..<300 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let tasks = 2 + Int(random.next() % 8)
      let own = (0..<tasks).map { _ in Double.random(in: 0...1, using: &random) }
      let rows = (0..<tasks).map { i in (0..<tasks).map { j in j <= i ? own[j] : nil } }
      let matrix = try AccuracyMatrix(rows: rows)
      #expect(ContinualMetrics.forgetting(matrix) == 0, "seed \(seed)")
      #expect(ContinualMetrics.backwardTransfer(matrix) == 0, "seed \(seed)")
      #expect(ContinualMetrics.forgettingAvalanche(matrix) == 0, "seed \(seed)")
      #expect(ContinualMetrics.remembering(matrix) == 1, "seed \(seed)")
    }
  }

  @Test func relationsHoldOnRandomMatrices() throws {
    for seed in 0..<300 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let tasks = 2 + Int(random.next() % 6)
      let rows = (0..<tasks).map { _ in (0..<tasks).map { _ in Double.random(in: 0...1, using: &random) } }
      let m = try AccuracyMatrix(rows: rows)
      let all = try #require(ContinualMetrics.forgetting(m))
      let since = try #require(ContinualMetrics.forgettingSinceLearned(m))
      let including = try #require(ContinualMetrics.forgettingIncludingLast(m))
      let avalanche = try #require(ContinualMetrics.forgettingAvalanche(m))
      let bwt = try #require(ContinualMetrics.backwardTransfer(m))
      #expect(all >= since - 1e-15 && since >= avalanche - 1e-15, "seed \(seed)")
      #expect(including >= 0 && including >= since - 1e-15, "seed \(seed)")
      #expect(avalanche == -bwt, "seed \(seed)")
    }
  }

  @Test func refusesMatricesThatAreNone() {
    #expect(throws: ResultsError.self) { try AccuracyMatrix(rows: [[0.5, 0.5], [0.5]]) }
    #expect(throws: ResultsError.self) { try AccuracyMatrix(rows: [[1.5]]) }
    #expect(throws: ResultsError.self) { try AccuracyMatrix(rows: [[.nan]]) }
    #expect(throws: ResultsError.self) { try AccuracyMatrix(initial: [0.1, 0.2], rows: [[0.5]]) }
  }
}

extension ContinualMetricsTests.Golden {
  fileprivate var measured: MeasuredAccuracy {
    var measured = MeasuredAccuracy(.clean(.taskAgnostic), tasks: initial.count)
    for (j, k) in initial.enumerated() { measured.record(Tally(correct: k, n: n), after: nil, on: j) }
    for (i, row) in correct.enumerated() {
      for (j, k) in row.enumerated() { measured.record(Tally(correct: k, n: n), after: i, on: j) }
    }
    return measured
  }
}
