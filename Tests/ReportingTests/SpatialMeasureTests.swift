import Foundation
import Results
import Testing

@testable import Reporting

/// Turns and shifts, a measure without a norm and a size.
@Suite struct SpatialMeasureTests {
  private func results() -> Results {
    var results = Results(
      name: "run", strategy: "adapters", network: "", seed: 1,
      tasks: [TaskRecord(name: "one", classes: ["a", "b"], trainImages: 4, testImages: 8)])
    for (key, right) in [(MeasureKey.clean(.taskAware), 8), (MeasureKey.spatial, 6)] {
      var slice = MeasuredAccuracy(key, tasks: 1)
      slice.record(Tally(correct: right, n: 8), after: 0, on: 0)
      results.accuracy.append(slice)
    }
    results.spatial = "up to ±<30>°"
    results.computeMetrics()
    return results
  }

  @Test func everyFormOfTheReportHasIt() throws {
    let report = Report(results())
    let page = try report.html()
    #expect(page.contains("turns and shifts") && page.contains("up to ±&lt;30&gt;°") && !page.contains("±<30>"))
    #expect(page.contains("Engstrom"), "the glossary explains it")
    #expect(report.markdown().contains("turns and shifts"))
    let entries = Entry.list([Report.Run(results: results(), images: nil)])
    #expect(entries[0].results.headlineAttack == nil, "it stands for no ball")
  }

  @Test func resultsKeepIt() throws {
    let back = try JSONDecoder().decode(Results.self, from: results().json())
    #expect(back == results() && back.metrics(of: .spatial)?.averageAccuracy == 0.75)
    var without = results()
    without.spatial = ""
    #expect(!String(decoding: try without.json(), as: UTF8.self).contains("\"spatial\": "))
    #expect(GridMeasurement(results()).figures["averageAccuracy.spatial"] == 0.75)
  }
}
