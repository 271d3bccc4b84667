import Results
import Testing

@testable import Reporting

@Suite struct CertificateSectionTests {
  private let hostile = "<cats> & |x|"

  private func results() throws -> Results {
    var results = Results(
      name: "r", strategy: "adapters", network: "n", seed: 0,
      tasks: [TaskRecord(name: hostile, classes: ["a"], trainImages: 1, testImages: 4)])
    results.lipschitz = [
      LipschitzRecord(
        task: hostile, upper: 12.5, lower: 2, blocks: [.init(name: "b", upper: 5)],
        ledger: LedgerRecord(
          entries: [.init(name: "b", factor: 5, branchShare: 0.2, trunk: 4.25), .init(name: "head", factor: 2.5)],
          chain: 77.5, plain: 3.125, trunk: 10.625, adapterFactor: 1.1765, headroom: 1.75, issued: 12.25,
          standing: .changed, changedStage: "<head>"))
    ]
    results.certificates = [
      CertificateRecord(
        task: hostile, norm: .linf, network: [0.011, nil, 0.022],
        best: [(0.033, "interval bounds"), nil, (0.044, "<linear>")], soundness: "fp32, <images>", note: "layer <x>")
    ]
    return results
  }

  private func smoothed(_ results: inout Results) {
    results.smoothing = [
      SmoothingRecord(
        task: hostile, sigma: 0.25, selectionSamples: 100, samples: 10_000, alpha: 0.001, seed: 42,
        soundness: "probabilistic", inputCount: 4,
        correct: [true, true, false, false], radius: [0.5, 0.2, 0.3, nil], probability: [0.9, 0.7, 0.8, 0.4])
    ]
  }

  @Test func ledgersAreInEveryForm() throws {
    let report = Report(try results())
    let (html, markdown) = (try report.html(), report.markdown())
    for figure in [10.625, 12.5, 1.1765, 1.75, 12.25, 4.25, 77.5, 3.125].map({ Figures.number($0) }) {
      #expect(html.contains(figure), "\(figure)")
      #expect(markdown.contains(Escape.markdown(figure)), "\(figure)")
    }
    #expect(html.contains("void: &lt;head&gt; changed") && markdown.contains("void\\: &lt;head&gt; changed"))
    #expect(html.contains("class=\"bad\"") && html.contains("still stand for 0 of 1"))
    #expect(!html.contains("<cats>") && !markdown.contains("<cats>"))
    _ = try ParsedPage(html)
    // What stands, and what was never compared.
    var results = try results()
    results.lipschitz[0].ledger?.standing = .stands
    results.lipschitz[0].ledger?.changedStage = nil
    #expect(try Report(results).html().contains("<span class=\"good\">stand</span>"))
    results.lipschitz[0].ledger?.standing = .notCompared
    let never = try Report(results).html()
    #expect(never.contains("not compared") && !never.contains("still stand for"))
  }

  @Test func certifiedRadiiAreInEveryForm() throws {
    let report = Report(try results())
    let (html, markdown) = (try report.html(), report.markdown())
    for text in ["0.0110", "0.0330", "interval bounds: 1"] {
      #expect(html.contains(text) && markdown.contains(text.replacing(":", with: "\\:")), "\(text)")
    }
    #expect(html.contains("Certificates hold for: fp32, &lt;images&gt;") && !html.contains("<linear>"))
    #expect(html.contains("alone: layer &lt;x&gt;") && !html.contains("An image's bracket"))
  }

  /// Radii under noise have a part of their own that says what they are, and nothing else changes.
  @Test func smoothingStandsApartAndIsLabelled() throws {
    var results = try results()
    let before = Report(results)
    smoothed(&results)
    let report = Report(results)
    let (html, markdown, csv) = (try report.html(), report.markdown(), report.csv())
    #expect(html.contains("id=\"smoothing\"") && html.contains("What is likely under noise (probabilistic)"))
    #expect(html.contains("Probabilistic: holds but for a stated chance"))
    #expect(markdown.contains("## Under noise: probabilistic certificates of the smoothed classifier"))
    for text in ["42", Figures.percent(0.5), Figures.percent(0.25)] {
      #expect(html.contains(text) && markdown.contains(text), "\(text)")
    }
    // Two of four at radius 0, one at 1/4, one at 1/2: a wrong image is certified nowhere.
    for line in ["l2,0,1,1,0.5,2,4,", "l2,1/4,1,1,0.25,1,4,", "l2,1/2,1,1,0.25,1,4,"] {
      #expect(csv.contains("adapters,taskAware,smoothed-probabilistic,\(line)"), "\(line)")
    }
    #expect(csv.hasPrefix(before.csv()), "the deterministic lines are what they were")
    #expect(results.brokenProofs.isEmpty && !csv.contains("certified"))
    _ = try ParsedPage(html)
    // Beside the network's own certificates at the same sizes.
    results.accuracy = [
      MeasuredAccuracy(MeasureKey(measure: "certified", norm: .l2, epsilon: try Rational("1/8")), tasks: 1)
    ]
    #expect(Report(results).csv().contains("smoothed-probabilistic,l2,1/8,"))
    #expect(!Report(results).csv().contains("smoothed-probabilistic,l2,1/4,"))
  }

  @Test func theHeadlineCertificateIsInL2WhereThereIsOne() throws {
    var results = try results()
    for (norm, size) in [(PerturbationNorm.linf, "1/255"), (.l2, "1/4"), (.l2, "1/10")] {
      var slice = MeasuredAccuracy(MeasureKey(measure: "certified", norm: norm, epsilon: try Rational(size)), tasks: 1)
      slice.record(Tally(correct: 1, n: 4), after: 0, on: 0)
      results.accuracy.append(slice)
    }
    func headline() -> MeasureKey? { Report(results).entries[0].results.headlineCertificate?.key }
    let smallest = try Rational("1/10")
    #expect(headline() == MeasureKey(measure: "certified", norm: .l2, epsilon: smallest))
    results.accuracy.removeAll { $0.key.norm == .l2 }
    #expect(headline()?.norm == .linf)
  }

  @Test func withoutRecordsThereIsNothing() throws {
    let results = Results(name: "r", strategy: "adapters", network: "n", seed: 0, tasks: [])
    let report = Report(results)
    #expect(try !report.html().contains("robabilistic:") && !report.html().contains("still stands"))
    #expect(!report.markdown().contains("noise") && report.csv().split(separator: "\n").count == 1)
  }
}
