import Foundation
import Results
import Testing

@testable import Reporting

/// Tables that are written once: what stands in the page stands in Markdown, cell by cell.
@Suite struct RecordTableTests {
  private func results() throws -> Results {
    var results = Results(name: "r", strategy: "<ewc>", network: "n", seed: 0, tasks: [])
    results.drift = [
      DriftRecord(
        task: "cats", images: 200, medianBound: 12.25, largestBound: 31.5, medianMovement: 1.5, largestMovement: 32,
        proven: Tally(correct: 50, n: 200), standing: Tally(correct: 180, n: 200), violations: 2),
      DriftRecord(
        task: "dogs", images: 4, medianMovement: 2, largestMovement: 2, standing: Tally(correct: 1, n: 4), note: "none"),
    ]
    results.brackets = [
      BracketRecord(
        task: "cats", norm: .l2, attack: "pgd", certifiedRadius: [0.25, 0.5, nil], attackDistance: [1, 0.375, nil],
        soundness: "fp32")
    ]
    results.smoothing = [
      SmoothingRecord(
        task: "cats", sigma: 0.25, selectionSamples: 10, samples: 1000, alpha: 0.001, seed: 42,
        soundness: "probabilistic", inputCount: 3, correct: [true, true, false], radius: [0.5, 0.1, nil],
        probability: [0.9, 0.7, 0.4])
    ]
    results.precision = [
      PrecisionRecord(
        task: "cats", exact: Tally(correct: 7, n: 8), reduced: Tally(correct: 5, n: 8), changed: 3,
        largestDifference: 0.25, largestLogit: 8)
    ]
    return results
  }

  @Test func bothFormsHoldTheSameCells() throws {
    let report = Report(try results())
    let (html, markdown) = (try report.html(), report.markdown())
    for table in [
      RecordTable.drift(report.entries), .brackets(report.entries), .smoothing(report.entries),
      .precision(report.entries),
    ] {
      let part = try #require(markdown.components(separatedBy: "## \(table.title)\n\n").last)
      let lines = part.components(separatedBy: "\n").prefix { $0.hasPrefix("|") }.map { line in
        line.dropFirst(2).dropLast(2).components(separatedBy: " | ")
      }
      let page = try #require(html.components(separatedBy: "aria-label=\"\(table.title)\"").last)
      let body = try #require(page.components(separatedBy: "</table>").first)
      let rows = body.components(separatedBy: "<tr>").dropFirst().map(cells)
      #expect(lines.count == table.rows.count + 2 && rows.count == table.rows.count + 1, "\(table.title)")
      #expect(rows.first == lines.first && rows.dropFirst() == lines.dropFirst(2), "\(table.title)")
    }
  }

  /// A row of HTML as its cells of Markdown.
  private func cells(_ row: String) -> [String] {
    row.split(separator: "</t").compactMap { piece -> String? in
      guard let cell = piece.range(of: #"<t[hd][^>]*>"#, options: .regularExpression) else { return nil }
      let text = String(piece[cell.upperBound...]).replacing("<small>", with: " [").replacing("</small>", with: "]")
      return Escape.markdown(text.replacing("&lt;", with: "<").replacing("&gt;", with: ">"))
    }
  }

  @Test func intervalsStandBesideFigures() throws {
    let report = Report(try results())
    let (html, markdown) = (try report.html(), report.markdown())
    let proven = Tally(correct: 50, n: 200)
    let interval = Figures.interval(proven.interval)
    #expect(html.contains("<td class=\"num\">\(Figures.percent(proven.rate))<small>\(interval)</small></td>"))
    #expect(markdown.contains(Escape.markdown("\(Figures.percent(proven.rate)) [\(interval)]")))
    #expect(html.contains("Above their bound") && html.contains("Radius above its attack"))
    // Without a bound nothing is proven: neither a figure nor an interval.
    #expect(html.contains("<td class=\"num\">\(Figures.absent)</td>"))
  }

  @Test func whatWasNotRecordedHasNoTable() {
    let report = Report(Results(name: "r", strategy: "adapters", network: "n", seed: 0, tasks: []))
    #expect(RecordTable.brackets(report.entries).isEmpty && RecordTable.brackets(report.entries).markdown.isEmpty)
  }
}
