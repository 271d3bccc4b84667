import Foundation
import ImageData
import Results
import Testing

@testable import Reporting

@Suite struct HTMLReportTests {
  @Test func isWellFormedAndHoldsEverythingItShows() throws {
    try withFolder { folder in
      let html = try Report(SyntheticRun.make(images: folder), images: folder).html()
      let page = try ParsedPage(html)
      #expect(!page.elements.contains("script"))
      #expect(!page.elements.contains("link"))
      for reference in ["http://", "https://", "javascript:", "@import", "url(", "src=\"//"] {
        #expect(!html.contains(reference), "\(reference)")
      }
      for (name, value) in page.attributes {
        #expect(!name.hasPrefix("on"), "\(name)")
        if name == "src" { #expect(value.hasPrefix("data:image/png;base64,")) }
        if name == "href" { #expect(page.ids.contains(String(value.dropFirst())), "\(value) leads nowhere") }
      }
      #expect(Set(page.ids).count == page.ids.count, "an id is used twice")
      #expect(page.elements.count { $0 == "img" } == 3 * 16)
      #expect(page.images.allSatisfy { !($0["alt"] ?? "").isEmpty }, "every image is described")
      #expect(page.charts.allSatisfy { !($0["aria-label"] ?? "").isEmpty }, "every chart is described")
      #expect(page.charts.count >= 10)
    }
  }

  @Test func theHeadlineSaysWhatHappened() throws {
    try withFolder { folder in
      let results = try SyntheticRun.make(images: folder)
      let text = try ParsedPage(Report(results, images: folder).html()).text
      let aware = try #require(results.metrics(of: .clean(.taskAware))?.averageAccuracy)
      #expect(text.contains("right on \(Figures.percent(aware)) of the test images when it is told the task"))
      #expect(text.contains("It forgot nothing, and digests"))
      #expect(text.contains("Pre-activation ResNet-8, width 16 learned 5 tasks of 10 classes"))
      #expect(text.contains("fine-tuning") && text.contains("norm-constrained"))
      #expect(text.contains("classesPerTask: 2"))
      #expect(text.contains("seed 0"))
    }
  }

  @Test func namesFromDataAreText() throws {
    var results = Results(name: hostile, strategy: hostile, network: hostile, seed: 1, tasks: [])
    results.tasks = [TaskRecord(name: hostile, classes: [hostile], trainImages: 1, testImages: 1)]
    var slice = MeasuredAccuracy(MeasureKey(measure: hostile, norm: .linf, epsilon: .zero), tasks: 1)
    slice.record(Tally(correct: 1, n: 2), after: 0, on: 0)
    var clean = MeasuredAccuracy(.clean(.taskAware), tasks: 1)
    clean.record(Tally(correct: 1, n: 2), after: 0, on: 0)
    results.accuracy = [clean, slice]
    results.computeMetrics()
    results.audit = [AuditRow(check: hostile, verdict: .pass, detail: hostile)]
    results.consistency = ConsistencyCheck(
      checked: 1, violations: [.init(sample: 0, harsher: hostile, milder: hostile, context: hostile)])
    results.zeroGradients = [ZeroGradients(attack: hostile, task: hostile, fraction: 0.5, n: 2)]
    results.lipschitz = [
      LipschitzRecord(task: hostile, upper: 1, lower: nil, blocks: [.init(name: hostile, upper: 2)], note: hostile)
    ]
    results.brackets = [
      BracketRecord(
        task: hostile, norm: .l2, attack: hostile, certifiedRadius: [0.1], attackDistance: [0.2], soundness: hostile)
    ]
    results.gallery = [
      GalleryItem(
        task: hostile, trueClass: hostile, original: hostile, adversarial: hostile, norm: .l2, epsilon: .zero,
        attack: hostile, predictedClean: hostile, predictedAdversarial: hostile)
    ]
    results.curves = [
      CurveRecord(
        task: hostile, measure: hostile, norm: .linf, points: [.init(epsilon: .zero, counts: Tally(correct: 1, n: 2))])
    ]
    results.nonForgetting = NonForgetting(verified: false, digests: [hostile: hostile], firstDifference: hostile)
    results.environment = [hostile: hostile]
    results.configuration = hostile
    let report = Report(results)
    let page = try ParsedPage(report.html())
    #expect(!page.elements.contains("script") && !page.elements.contains("b"))
    #expect(!page.attributes.contains { $0.0.hasPrefix("on") })
    #expect(page.text.contains("<script>alert(1)</script>"), "it is shown as what it is")
    let markdown = report.markdown()
    // Inside the fence of the configuration nothing is a construct; everywhere else it is escaped.
    let outside = markdown.components(separatedBy: "````yaml")[0]
    #expect(!outside.contains("<script") && !outside.contains("](javascript"))
    #expect(outside.components(separatedBy: "\n").allSatisfy { !$0.contains("<b") })
  }

  @Test func absentCellsAreHatchedNotZero() throws {
    var slice = MeasuredAccuracy(.clean(.taskAware), tasks: 2)
    slice.record(Tally(correct: 1, n: 2), after: 0, on: 0)
    slice.record(Tally(correct: 0, n: 2), after: 1, on: 0)
    let map = HeatMap(caption: "c", slice: slice, tasks: []).markup.html
    #expect(map.components(separatedBy: "class=\"none\"").count - 1 == 2, "two cells of row 1 and 2 are absent")
    #expect(map.components(separatedBy: "0.0<small>").count - 1 == 2, "50.0 and a measured 0.0")
    #expect(!map.contains("untrained"), "a row without figures is left out")
  }

  @Test func strategiesAndRunsAreToldApart() throws {
    var first = Results(name: "a", strategy: "adapters", network: "", seed: 0, tasks: [])
    first.contrasts = ["adapters", "wide", ""].map {
      Results(name: $0, strategy: "fine-tuning", network: "", seed: 0, tasks: [])
    }
    let second = Results(name: "b", strategy: "adapters", network: "", seed: 1, tasks: [])
    #expect(Report(first).entries.map(\.label) == ["adapters", "adapters (2)", "wide", "fine-tuning"])
    let both = Report(comparing: [.init(results: first), .init(results: second)])
    #expect(
      both.entries.map(\.label) == [
        "a · adapters", "a · adapters (2)", "a · wide", "a · fine-tuning", "b · adapters",
      ])
    #expect(try ParsedPage(both.html()).text.contains("b · adapters"))
    #expect(throws: ReportError.nothingToReport) { try Report(comparing: []).html() }
  }

  /// Figures that no run makes but a file may hold: no trap, and still a page.
  @Test func absurdFiguresStillMakeAParsedPage() throws {
    var results = Results(name: "", strategy: "", network: "", seed: 0, tasks: [])
    results.tasks = [TaskRecord(name: "", classes: [], trainImages: 1 << 53, testImages: 0)]
    for value in [0, -1, .leastNonzeroMagnitude, .leastNonzeroMagnitude * 1_000, 1e308, -1e308] {
      results.lipschitz.append(
        LipschitzRecord(task: "t", upper: value, lower: 1, blocks: [.init(name: "b", upper: value, lower: value)]))
      results.brackets.append(
        BracketRecord(task: "\(value)", norm: .l2, attack: "a", certifiedRadius: [value], attackDistance: [value]))
      results.curves.append(
        CurveRecord(task: "\(value)", measure: "m", norm: .l2, points: [.init(epsilon: .zero, accuracy: nil)]))
      results.seconds = Seconds(train: value, attack: value, bounds: value, total: value)
      _ = try ParsedPage(Report(results).html())
      _ = Report(results).markdown()
    }
    results.parameters = ParameterCounts(trunk: 1 << 53, perTask: Array(repeating: 1 << 53, count: 2_000))
    results.curves = [
      CurveRecord(
        task: "t", measure: "m", norm: .l2,
        points: [.init(epsilon: try Rational("\(Int.max)"), accuracy: 1), .init(epsilon: .zero, accuracy: 0)])
    ]
    _ = try ParsedPage(Report(results).html())
  }

  @Test func writesThreeFiles() throws {
    try withFolder { folder in
      let report = Report(try SyntheticRun.make(images: folder), images: folder)
      let target = folder.appending(path: "new/report")
      let files = try report.write(to: target)
      #expect(files.map(\.lastPathComponent) == ["report.html", "report.md", "report.csv"])
      #expect(try String(contentsOf: files[0], encoding: .utf8) == report.html())
      #expect(try String(contentsOf: files[1], encoding: .utf8) == report.markdown())
      #expect(try String(contentsOf: files[2], encoding: .utf8) == report.csv())
      #expect(try FileManager.default.contentsOfDirectory(atPath: target.path).count == 3, "nothing else is left")
    }
  }

  @Test func theSameResultsMakeTheSameParsedPage() throws {
    try withFolder { folder in
      let results = try SyntheticRun.make(images: folder)
      let read = try Results(json: results.json())
      #expect(try Report(results, images: folder).html() == Report(read, images: folder).html())
    }
  }
}

/// A name that tries everything.
let hostile =
  "=</td></pre>--><script>alert(1)</script><b onload='x' a=\"y\">&amp;|`[l](javascript:1)\u{1}\u{202E}```\n# h"

/// Runs `body` with a fresh folder and removes it.
func withFolder(_ body: (URL) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder)
}
