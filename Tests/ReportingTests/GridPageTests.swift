import Foundation
import Results
import Testing

@testable import Reporting

@Suite struct GridPageTests {
  private let metrics = [
    GridMetric(id: "averageAccuracy", title: "Average accuracy", group: .learning, unit: .rate, better: .higher),
    GridMetric(id: "forgetting", title: "Forgetting", group: .learning, unit: .difference, better: .lower),
    GridMetric(id: "parameters", title: "Parameters", group: .cost, unit: .count),
    GridMetric(id: "seconds", title: "Training", group: .cost, unit: .seconds),
  ]

  /// - Parameter text: every name in it.
  private func grid(_ names: [String], seeds: Int = 6, text: String = "words", failed: Int? = nil) -> GridRecord {
    let cells = names.enumerated().flatMap { number, name in
      (0..<seeds).map { seed -> GridCell in
        let isFailed = number == 1 && seed == failed
        let accuracy = 0.8 + 0.05 * Double(number) + 0.01 * Double(seed)
        return GridCell(
          variant: name, seed: UInt64(seed), folder: "\(name)/seed-\(seed)", status: isFailed ? .failed : .finished,
          reason: isFailed ? text : nil,
          figures: isFailed
            ? [:]
            : ["averageAccuracy": accuracy, "forgetting": 0, "parameters": 1234, "seconds": 2 + Double(seed)])
      }
    }
    return GridRecord(
      name: text, variants: names.map { .init(name: $0, strategy: text, changes: [text]) },
      seeds: (0..<seeds).map(UInt64.init), metrics: metrics, cells: cells,
      orders: (0..<seeds).map {
        .init(seed: UInt64($0), tasks: [[text, "b"], ["c", $0 < 3 ? "d" : "e"]], stream: [text])
      },
      configuration: text)
  }

  @Test func theBestIsBoldWhereTheTestTellsItApart() throws {
    let record = grid(["adapters", "tuned"])
    let html = GridPage(record: record).html
    // Of 0.85 … 0.90 the deviation is 0.0187; t of 5 degrees of freedom is 2.571.
    #expect(html.contains("<strong>87.5\u{A0}±\u{A0}2.0\u{A0}%</strong>"))
    #expect(!html.contains("<strong>82.5"))
    #expect(html.contains("p\u{A0}=\u{A0}0.0312, n\u{A0}=\u{A0}6"))
    let page = try ParsedPage(html)
    #expect(page.text.contains("2 strategies with 6 seeds: 12 of 12 cells finished."))
    #expect(page.text.contains("Seeds: 0, 1, 2, 3, 4, 5."))
    #expect(page.text.contains("1\u{202F}234") && page.text.contains("p can be as small as 0.0312"))
    #expect(page.elements.count { $0 == "strong" } == 1, "nothing forgets, so that nothing is bold there")
    for (name, value) in page.attributes where name == "href" {
      #expect(page.ids.contains(String(value.dropFirst())), "\(value) leads nowhere")
    }
    #expect(Set(page.ids).count == page.ids.count)

    #expect(page.text.contains("0\u{A0}±\u{A0}0") && !html.contains("Minus the best, adapters"))
    let markdown = GridMarkdown(record: record).text
    #expect(markdown.contains("| adapters | 82.5\u{A0}±\u{A0}2.0\u{A0}% |"))
    #expect(markdown.contains("| tuned | **87.5\u{A0}±\u{A0}2.0\u{A0}%** |"))
    #expect(markdown.contains("Classes with seeds 0, 1, 2\\: words, b → c, d"))

    let five = GridPage(record: grid(["adapters", "tuned"], seeds: 5)).html
    #expect(!five.contains("<strong>") && five.contains("p cannot be below 0.0625"))
  }

  @Test func failuresAreNamed() throws {
    let record = grid(["adapters", "tuned"], failed: 2)
    let page = try ParsedPage(GridPage(record: record).html)
    #expect(page.text.contains("tuned/seed-2: words") && page.text.contains("1 failed"))
    #expect(page.text.contains("n\u{A0}=\u{A0}5"))
    #expect(GridMarkdown(record: record).text.contains("## Failures\n\n- tuned/seed\\-2\\: words\n"))
    #expect(GridCSV(record: record).text.contains("\ntuned,2,failed,,,,words\n"))
  }

  @Test func namesFromFilesAreText() throws {
    let record = grid([hostile, "=1+1"], text: hostile, failed: 0)
    let page = try ParsedPage(GridPage(record: record).html)
    #expect(!page.elements.contains("script") && !page.elements.contains("b"))
    #expect(!page.attributes.contains { $0.0.hasPrefix("on") })
    #expect(page.text.contains("<script>alert(1)</script>"), "it is shown as what it is")
    let markdown = GridMarkdown(record: record).text
    #expect(!markdown.contains("<script") && !markdown.contains("](javascript"))
    #expect(GridCSV(record: record).text.split(separator: "\n").contains { $0.hasPrefix("'=1+1,") })
  }

  @Test func anEmptyGridIsAPageToo() throws {
    let record = GridRecord(
      name: "empty", variants: [.init(name: "a", strategy: "a")], seeds: [0], metrics: [],
      cells: [.init(variant: "a", seed: 0, folder: "a/seed-0", status: .open)], orders: [], configuration: "")
    #expect(try ParsedPage(GridPage(record: record).html).text.contains("0 of 1 cells finished, 1 not finished yet."))
    #expect(GridMarkdown(record: record).text.hasPrefix("# empty\n"))
    #expect(GridCSV(record: record).text == GridCSV.columns.joined(separator: ",") + "\na,0,open,,,,\n")
  }
}
