import Results
import Testing

@testable import Reporting

@Suite struct DriftSectionTests {
  private func report(_ record: DriftRecord) throws -> (html: String, markdown: String) {
    var results = Results(name: "r", strategy: "fine-tuning", network: "n", seed: 0, tasks: [])
    results.drift = [record]
    let report = Report(results)
    return (try report.html(), report.markdown())
  }

  @Test func figuresAndVerdictAreThere() throws {
    let (html, markdown) = try report(
      DriftRecord(
        task: "cats", images: 200, medianBound: 12.25, largestBound: 31.5, medianMovement: 1.5, largestMovement: 2.75,
        proven: Tally(correct: 50, n: 200), standing: Tally(correct: 180, n: 200)))
    for figure in ["cats", Figures.number(12.25), Figures.number(31.5), Figures.number(2.75), "25.0", "90.0"] {
      #expect(html.contains(figure), "\(figure)")
      #expect(markdown.contains(figure), "\(figure)")
    }
    #expect(html.contains("No image moved further than its bound."))
  }

  @Test func violationsAndMissingBoundsAreSaid() throws {
    let (html, markdown) = try report(
      DriftRecord(
        task: "<cats>", images: 4, largestBound: 1, medianMovement: 2, largestMovement: 2,
        standing: Tally(correct: 1, n: 4), violations: 3, note: "layer 'x' has none"))
    #expect(html.contains("3 images moved further than the bound.") && !html.contains("<cats>"))
    #expect(html.contains("No bound: layer") && markdown.contains("| 3 |"))
  }

  @Test func withoutDriftThereIsNoSection() throws {
    let results = Results(name: "r", strategy: "adapters", network: "n", seed: 0, tasks: [])
    #expect(try !Report(results).html().contains("id=\"drift\""))
    #expect(!Report(results).markdown().contains("old answers"))
  }
}
