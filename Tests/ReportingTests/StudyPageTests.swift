import Foundation
import Results
import Testing

@testable import Reporting

/// A record in which every text is `text`.
func studyRecord(
  name: String = "toy", text: String = "words", outcomes: [StudyRecord.Criterion.Outcome] = [.met],
  kind: StudyRecord.Criterion.Kind = .evidence,
  findings: [StudyRecord.Finding] = [], figures: [StudyFigure] = []
) -> StudyRecord {
  StudyRecord(
    name: name, title: text, claim: text, method: text,
    criteria: outcomes.map { .init(statement: text, kind: kind, outcome: $0, detail: text) }, findings: findings,
    figures: figures, conditions: text, scale: "quick", seeds: [0, 1, 2], seconds: 61.2, peakMemory: 512 << 20)
}

@Suite struct StudyPageTests {
  private let figure = StudyFigure(
    title: "f", x: .init("depth"), y: .init("norm", .logarithmic),
    series: [
      .init(name: "plain", points: [.init(x: 0, y: 1), .init(x: 20, y: 1e-6, band: Interval(low: 1e-7, high: 1e-5))])
    ])

  @Test func holdsEverythingItShows() throws {
    let html = StudyPage(records: [
      studyRecord(
        name: "lesion", outcomes: [.met, .notMet, .undecided],
        findings: [
          .init(name: "loss ratio", value: 3.14159, interval: Interval(low: -3, high: 3.3), unit: "per block"),
          .init(name: "explosion", value: .infinity),
        ], figures: [figure, figure]), studyRecord(name: "euler", outcomes: [.met]),
      studyRecord(name: "field", outcomes: [.undecided]), studyRecord(name: "field", outcomes: [.notMet]),
    ]).html
    let page = try ParsedPage(html)
    #expect(!page.elements.contains("script") && !page.elements.contains("link"))
    #expect(html.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'"))
    for reference in ["http://", "https://", "javascript:", "@import", "url("] {
      #expect(!html.contains(reference), "\(reference)")
    }
    for (name, value) in page.attributes where name == "href" {
      #expect(page.ids.contains(String(value.dropFirst())), "\(value) leads nowhere")
    }
    #expect(Set(page.ids).count == page.ids.count, "an id is used twice")
    #expect(page.ids.contains("lesion") && page.ids.contains("_4"))
    #expect(page.text.contains("4 claims about residual networks, measured: 1 holds, 1 holds in part, 1 is refuted"))
    for words in ["✓ holds", "◐ holds in part", "✗ refuted", "? undecided", "✓ met", "✗ not met"] {
      #expect(page.text.contains(words), "\(words)")
    }
    #expect(page.text.contains("loss ratio: 3.14\u{A0}per block (−3.00 to 3.30)"), "the decisive figure")
    #expect(page.text.contains("∞") && page.text.contains("1\u{A0}min\u{A0}1\u{A0}s"))
    #expect(page.text.contains("seeds: 0, 1, 2") && page.text.contains("512\u{A0}MiB"))
    #expect(page.charts.count == 2 && page.charts.allSatisfy { ($0["aria-label"] ?? "").contains("plain: 1.00 at 0") })
  }

  @Test func namesFromFilesAreText() throws {
    var figure = figure
    figure.title = hostile
    figure.x.title = hostile
    figure.y.title = hostile
    figure.series[0].name = hostile
    let record = studyRecord(
      name: hostile, text: hostile, findings: [.init(name: hostile, value: 1, unit: hostile)], figures: [figure])
    for xml in [StudyPage(records: [record]).html, figure.svg] {
      let page = try ParsedPage(xml)
      #expect(!page.elements.contains("script") && !page.elements.contains("b"))
      #expect(!page.attributes.contains { $0.0.hasPrefix("on") })
      #expect(page.text.contains("<script>alert(1)</script>"), "it is shown as what it is")
    }
    let markdown = StudyMarkdown(records: [record]).text
    #expect(!markdown.contains("<script") && !markdown.contains("](javascript"))
  }

  @Test func nothingIsAPageToo() throws {
    #expect(try ParsedPage(StudyPage(records: []).html).text.contains("No study has been run"))
    let bare = studyRecord(text: "", outcomes: [])
    #expect(try ParsedPage(StudyPage(records: [bare]).html).text.contains("1 is undecided"))
  }

  @Test func checksAreShownAsSuch() throws {
    let records = [
      studyRecord(name: "euler", outcomes: [.met], kind: .check),
      studyRecord(name: "field", outcomes: [.notMet], kind: .check),
    ]
    let page = try ParsedPage(StudyPage(records: records).html)
    #expect(page.text.contains("measured: 1 holds as mathematics, 1 failed a check"))
    #expect(page.text.contains("✓ holds as mathematics") && page.text.contains("! check failed"))
    let markdown = StudyMarkdown(records: records).text
    #expect(markdown.contains("| euler\\: words | holds as mathematics | words |"))
    #expect(markdown.contains("| words | check | not met | words |"))
  }

  @Test func markdownHasTheVerdicts() {
    let text = StudyMarkdown(records: [studyRecord(name: "lesion", outcomes: [.met, .notMet])]).text
    #expect(text.hasPrefix("# The residual claims, judged\n"))
    #expect(text.contains("| lesion\\: words | holds in part | words |"))
    #expect(text.contains("| words | evidence | not met | words |"))
  }
}
