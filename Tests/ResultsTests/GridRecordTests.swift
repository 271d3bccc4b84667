import Foundation
import Testing

@testable import Results

@Suite struct GridRecordTests {
  private static let accuracy = GridMetric(
    id: "averageAccuracy", title: "Average accuracy", group: .learning, unit: .rate, better: .higher)
  private static let forgetting = GridMetric(
    id: "forgetting", title: "Forgetting", group: .learning, unit: .difference, better: .lower)
  private static let seconds = GridMetric(id: "trainSeconds", title: "Training", group: .cost, unit: .seconds)

  /// A grid of accuracies, one list for each variant and one figure for each seed; nil is a cell that failed.
  private func grid(_ figures: [[Double?]]) -> GridRecord {
    let names = ["a", "b", "c"]
    return GridRecord(
      name: "toy", variants: figures.indices.map { .init(name: names[$0], strategy: names[$0]) },
      seeds: figures[0].indices.map(UInt64.init), metrics: [Self.accuracy, Self.forgetting, Self.seconds],
      cells: figures.enumerated().flatMap { variant, row in
        row.enumerated().map { seed, value in
          GridCell(
            variant: names[variant], seed: UInt64(seed), folder: "\(names[variant])/seed-\(seed)",
            status: value == nil ? .failed : .finished, reason: value == nil ? "diverged" : nil,
            figures: value.map { ["averageAccuracy": $0, "forgetting": 1 - $0, "trainSeconds": $0] } ?? [:])
        }
      }, orders: [.init(seed: 0, tasks: [["x", "y"]], stream: ["line"])], configuration: "name: toy\n")
  }

  /// Of 1, 2, 3, 4, 5 the deviation is √2.5; the 97.5 % point of Student's t with 4 degrees of freedom is 2.7764.
  @Test func summariesAreThoseOfTheTextbook() throws {
    let grid = grid([[0.1, 0.2, 0.3, 0.4, 0.5]])
    let summary = try #require(grid.summary(of: "a", Self.accuracy))
    #expect(summary.n == 5 && abs(summary.mean - 0.3) < 1e-15)
    #expect(abs(try #require(summary.deviation) - 0.25.squareRoot() / 10.0.squareRoot()) < 1e-12)
    let half = try #require(summary.interval).high - summary.mean
    #expect(abs(half - 2.776445 * 0.025.squareRoot() / 5.0.squareRoot()) < 1e-6)
    #expect(grid.comparisons.isEmpty && grid.separated(by: Self.accuracy) == nil, "there is nothing to compare with")
  }

  @Test func pairsShareTheirSeed() throws {
    // Over variants figures differ far less than over seeds: only pairs show it.
    let base = [0.1, 0.9, 0.3, 0.7, 0.5, 0.2]
    let grid = grid([base, base.map { $0 + 0.01 }, base.map { $0 - 0.02 }])
    #expect(grid.best(by: Self.accuracy) == "b" && grid.best(by: Self.forgetting) == "b")
    let found = try #require(grid.comparison(of: "c", with: "b", Self.accuracy))
    #expect(found.n == 6 && abs(found.difference + 0.03) < 1e-12 && found.pValue == 2.0 / 64)
    #expect(try #require(found.interval).high < 0)
    #expect(grid.separated(by: Self.accuracy) == "b")
    #expect(grid.comparison(of: "b", with: "a", Self.accuracy)?.pValue == 2.0 / 64)
    #expect(grid.comparison(of: "b", with: "c", Self.accuracy) == nil, "neither the first nor the best")
    #expect(!grid.comparisons.contains { $0.metric == "trainSeconds" })
    #expect(grid.comparisons.count == 8, "two metrics, two references, two others each")
  }

  @Test func fiveSeedsSeparateNothing() {
    #expect(grid([[0.1, 0.1, 0.1, 0.1, 0.1], [0.9, 0.9, 0.9, 0.9, 0.9]]).separated(by: Self.accuracy) == nil)
    // One of the others is not told apart.
    let (low, high) = (Array(repeating: 0.1, count: 8), Array(repeating: 0.9, count: 8))
    #expect(grid([low, high]).separated(by: Self.accuracy) == "b")
    #expect(grid([low, high, high]).separated(by: Self.accuracy) == nil)
  }

  @Test func failedCellsAreLeftOutInPairs() throws {
    let grid = grid([[0.5, 0.5, nil, 0.5], [nil, 0.6, 0.6, 0.7]])
    #expect(grid.summary(of: "a", Self.accuracy)?.n == 3)
    let found = try #require(grid.comparison(of: "b", with: "a", Self.accuracy))
    #expect(found.n == 2 && abs(found.difference - 0.15) < 1e-12 && found.pValue == 0.5)
    #expect(grid.failures == ["a/seed-2: diverged", "b/seed-0: diverged"])
  }

  @Test func roundTripsAndRefusesOtherFiles() throws {
    let grid = grid([[0.5, 0.25, nil], [0.75, 0.5, 0.125]])
    #expect(try GridRecord(json: grid.json()) == grid)
    #expect(throws: ResultsError.unknownSchema(file: "f", found: nil, expected: "steadfast.grid/1")) {
      try GridRecord(json: Data("{}".utf8), file: "f")
    }
    #expect(throws: ResultsError.self) { try GridRecord(json: Data(grid.json().prefix(100))) }
  }

  @Test func secondsDoNotCount() {
    let grid = grid([[0.5, 0.25], [0.75, 0.5]])
    var slower = grid
    slower.cells[0].figures["trainSeconds"] = 9
    #expect(slower != grid && slower.withoutSeconds == grid.withoutSeconds)
    slower.cells[0].figures["forgetting"] = 9
    #expect(slower.withoutSeconds != grid.withoutSeconds)
  }

  @Test func figuresAreThoseOfTheResults() throws {
    var results = Results(name: "r", strategy: "s", network: "n", seed: 1, tasks: [])
    results.tasks = ["x", "y"].map { TaskRecord(name: $0, classes: [$0, "z"], trainImages: 5, testImages: 4) }
    let size = try Rational("0.1")
    for (key, correct) in [
      (MeasureKey.clean(.taskAware), 4), (MeasureKey(measure: "pgd", norm: .l2, epsilon: size), 2),
    ] {
      var slice = MeasuredAccuracy(key, tasks: 2)
      for (row, column) in [(0, 0), (1, 0), (1, 1)] {
        slice.record(Tally(correct: row > column ? correct - 1 : correct, n: 4), after: row, on: column)
      }
      results.accuracy.append(slice)
    }
    results.computeMetrics()
    results.parameters = ParameterCounts(trunk: 200, perTask: [10, 30])
    results.seconds.train = 3
    results.memory = MemoryRecord(images: 7, bytes: 5488)
    let measurement = GridMeasurement(results)
    #expect(
      measurement.figures == [
        "averageAccuracy": 0.875, "forgetting": 0.25, "backwardTransfer": -0.25, "learningAccuracy": 1,
        "averageAccuracy.pgd.l2.1/10": 0.375, "parametersPerTask": 20, "parametersPerTask.ofTrunk": 0.1,
        "keptImages": 7, "trainSeconds": 3,
      ])
    #expect(measurement.metrics.first { $0.group == .robustness }?.title == "pgd L2 0.1")
    #expect(measurement.tasks == [["x", "z"], ["y", "z"]])
  }
}
