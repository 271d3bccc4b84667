import Results
import Testing

@testable import Reporting

@Suite struct PrecisionSectionTests {
  @Test func figuresAreInEveryForm() throws {
    var results = Results(
      name: "r", strategy: "adapters", network: "n", seed: 0,
      tasks: [TaskRecord(name: "<cats>", classes: ["a"], trainImages: 1, testImages: 8)])
    let before = Report(results)
    #expect(try !before.html().contains("bfloat16") && !before.markdown().contains("bfloat16"))
    results.precision = [
      PrecisionRecord(
        task: "<cats>", exact: Tally(correct: 7, n: 8), reduced: Tally(correct: 5, n: 8), changed: 3,
        largestDifference: 0.25, largestLogit: 8)
    ]
    let report = Report(results)
    let (html, markdown) = (try report.html(), report.markdown())
    for figure in [">3<", Figures.percent(0.875), Figures.percent(0.625), Figures.percent(0.03125), "0.25"] {
      #expect(html.contains(figure), "\(figure)")
    }
    #expect(html.contains("id=\"precision\"") && !html.contains("<cats>"))
    #expect(markdown.contains("## Half the bits") && markdown.contains("| 3 |") && !markdown.contains("<cats>"))
    _ = try ParsedPage(html)
  }
}
