import Results
import Testing

@testable import Reporting

@Suite struct CorruptionSectionTests {
  private func results() throws -> Results {
    var results = Results(
      name: "r", strategy: "adapters", network: "n", seed: 0,
      tasks: [TaskRecord(name: "<cats>", classes: ["a"], trainImages: 1, testImages: 8)])
    results.corruptions = [
      CorruptionRecord(task: "<cats>", corruption: "none", severities: [0], counts: [Tally(correct: 7, n: 8)]),
      CorruptionRecord(
        task: "<cats>", corruption: "fog", severities: [1, 5],
        counts: [Tally(correct: 6, n: 8), Tally(correct: 2, n: 8)]),
      CorruptionRecord(task: "<cats>", corruption: "glass-blur", severities: [1, 5], counts: [], note: "too <small>"),
    ]
    var contrast = results
    contrast.name = "plain"
    contrast.corruptions[1].counts = [Tally(correct: 4, n: 8), Tally(correct: 0, n: 8)]
    results.contrasts = [contrast]
    results.computeCorruptionErrors()
    return results
  }

  @Test func figuresAreInEveryForm() throws {
    let report = Report(try results())
    let (html, markdown, csv) = (try report.html(), report.markdown(), report.csv())
    // Clean 1/8, mean error (2/8 + 6/8) / 2, normalised by (4/8 + 8/8) / 2.
    for figure in [0.125, 0.5, 0.75, 0.25].map({ Figures.percent($0) }) + ["66.7\u{A0}%", "100.0\u{A0}%", "plain"] {
      #expect(html.contains(figure), "\(figure)")
      #expect(markdown.contains(figure), "\(figure)")
    }
    #expect(html.contains("Left out") && !html.contains("<cats>") && !html.contains("<small>)"))
    #expect(markdown.contains("glass\\-blur") && !markdown.contains("<cats>"))
    #expect(csv.contains("adapters,taskAware,fog/5,,,1,1,0.25,2,8,"))
    #expect(csv.contains("adapters,taskAware,none/0,,,1,1,0.875,7,8,"))
    #expect(!csv.contains("glass"))
    _ = try ParsedPage(html)
  }

  @Test func movedTasksAreShown() throws {
    var results = try results()
    var moved = MovedInference(measure: "pgd", norm: .linf, epsilon: try Rational("8/255"), tasks: 2)
    moved.inferred[1] = Tally(correct: 7, n: 8)
    moved.moved[1] = Tally(correct: 3, n: 8)
    results.taskInference = TaskInference([nil, Tally(correct: 7, n: 8)], rule: "entropy", underAttack: [moved])
    results.accuracy = [MeasuredAccuracy(.clean(.taskAware), tasks: 1)]
    let page = try Report(results).html()
    #expect(page.contains("How often an attack moves the inferred task") && page.contains("37.5"))
    #expect(Report(results).markdown().contains("37.5\u{A0}%"))
    _ = try ParsedPage(page)
  }

  @Test func withoutCorruptionsThereIsNoSection() throws {
    let results = Results(name: "r", strategy: "adapters", network: "n", seed: 0, tasks: [])
    #expect(try !Report(results).html().contains("id=\"corruptions\""))
    #expect(!Report(results).markdown().contains("Corrupted") && CorruptionWords.means(nil).allSatisfy { $0 == "–" })
  }
}
