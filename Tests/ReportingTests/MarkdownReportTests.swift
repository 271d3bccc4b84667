import Foundation
import Results
import Testing

@testable import Reporting

@Suite struct MarkdownReportTests {
  /// Reads the tables back and compares every cell of every matrix with the tensor.
  @Test func everyAccuracyIsThere() throws {
    try withFolder { folder in
      let report = Report(try SyntheticRun.make(images: folder))
      let text = report.markdown()
      for entry in report.entries {
        for slice in entry.results.accuracy {
          let title = Escape.markdown("\(entry.label): \(slice.key.heading), \(slice.key.readout.title)")
          let part = try #require(text.components(separatedBy: "### \(title)\n\n").dropFirst().first)
          let rows = table(part)
          for row in 0..<5 {
            let line = try #require(rows.first { $0.first == "after T\(row + 1)" })
            for column in 0..<5 {
              let figure = slice.matrix[row][column]
              let interval = Figures.interval(slice.interval(after: row, on: column))
              let expected = figure.map { Figures.percent($0) + " [\(interval)]" } ?? "–"
              #expect(line[column + 1] == expected)
            }
          }
        }
      }
    }
  }

  @Test func metricsCurvesAndBoundsAreThere() throws {
    try withFolder { folder in
      let report = Report(try SyntheticRun.make(images: folder))
      let text = unescape(report.markdown())
      for entry in report.entries {
        for row in entry.results.metrics {
          for metric in ContinualMetric.allCases {
            guard let value = row[metric] else { continue }
            #expect(text.contains(Figures.metric(metric, value)), "\(metric)")
          }
        }
        for curve in entry.results.curves {
          for point in curve.points {
            #expect(text.contains("\(point.epsilon.text) | \(Figures.percent(point.accuracy))"))
          }
        }
        for record in entry.results.lipschitz {
          for block in record.blocks { #expect(text.contains("\(block.name) | \(Figures.number(block.upper))")) }
        }
        for row in entry.results.audit { #expect(text.contains(row.detail)) }
      }
    }
  }

  @Test(arguments: [
    ("a|b", "a\\|b"), ("*x*_y_", "\\*x\\*\\_y\\_"), ("[l](u)", "\\[l\\]\\(u\\)"), ("<b>&", "&lt;b&gt;&amp;"),
    ("two\nlines", "two lines"), ("`c`", "\\`c\\`"), ("# h", "\\# h"), ("http://x", "http\\://x"),
  ])
  func textIsNoConstruct(text: String, expected: String) {
    #expect(Escape.markdown(text) == expected)
  }

  @Test func aFenceIsLongerThanWhatItHolds() {
    #expect(Escape.markdownFence("a\n````\nb", language: "yaml") == "`````yaml\na\n````\nb\n`````\n")
    #expect(Escape.markdownFence("a", language: "") == "```\na\n```\n")
  }

  private func table(_ text: String) -> [[String]] {
    text.components(separatedBy: "\n").prefix { $0.hasPrefix("|") }.map { line in
      unescape(line).components(separatedBy: " | ").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "| ")) }
    }
  }

  private func unescape(_ text: String) -> String {
    text.replacing("\\", with: "").replacing("&lt;", with: "<").replacing("&gt;", with: ">")
  }
}
