import Foundation
import Results
import Testing

@testable import Reporting

@Suite struct ChartTests {
  private let frame = ChartFrame(
    width: 200, height: 120, left: 40, right: 10, top: 10, bottom: 20, xRange: 0...10, yRange: 0...1)

  @Test func dataMapToPixels() {
    #expect(frame.x(0) == 40 && frame.x(10) == 190 && frame.x(5) == 115)
    #expect(frame.y(0) == 100 && frame.y(1) == 10 && frame.y(0.5) == 55, "up is up")
    #expect(frame.x(20) == 190 && frame.y(-1) == 100, "nothing leaves the frame")
    let logarithmic = ChartFrame(
      width: 200, left: 40, right: 10, xRange: 1...100, yRange: 0...1, xScale: .logarithmic)
    #expect(abs(logarithmic.x(10) - 115) < 1e-9)
    #expect(logarithmic.x(0) == 40, "0 has no logarithm and sits at the start")
  }

  @Test func ticksAreRound() {
    #expect(AxisScale.linear.ticks(0...1).map(\.label) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(AxisScale.linear.ticks(0...0.5, about: 2).map(\.label) == ["0.00", "0.25", "0.50"])
    #expect(AxisScale.linear.ticks(0...40, about: 4).map(\.label) == ["0", "10", "20", "30", "40"])
    #expect(AxisScale.logarithmic.ticks(0.05...2_000).map(\.label) == ["0.1", "1", "10", "100", "1000"])
    for seed in 0..<300 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let high = pow(10, Double.random(in: -8...8, using: &random))
      let ticks = AxisScale.linear.ticks(0...high)
      #expect((3...8).contains(ticks.count), "seed \(seed)")
      #expect(ticks.allSatisfy { $0.value >= 0 && $0.value <= high * 1.0001 }, "seed \(seed)")
      #expect(Set(ticks.map(\.label)).count == ticks.count, "seed \(seed)")
    }
  }

  @Test func linesGoThroughTheirPoints() throws {
    let chart = LineChart(
      label: "l",
      series: [
        .init(
          name: "s", style: 0,
          points: [
            .init(x: 0, y: 1, band: Interval(low: 0.9, high: 1)),
            .init(x: 4, y: 0.25, band: Interval(low: 0.2, high: 0.4)),
          ])
      ], xTitle: "x")
    let html = chart.markup.html
    let frame = chart.frame
    /// Coordinates are written with two decimals.
    func close(_ found: [[Double]], _ data: [(Double, Double)]) -> Bool {
      found.count == data.count
        && zip(found, data).allSatisfy { abs($0[0] - frame.x($1.0)) < 0.006 && abs($0[1] - frame.y($1.1)) < 0.006 }
    }
    #expect(close(try points(of: "polyline class=\"line s0\"", in: html), [(0, 1), (4, 0.25)]))
    #expect(close(try points(of: "polygon class=\"band s0\"", in: html), [(0, 1), (4, 0.4), (4, 0.2), (0, 0.9)]))
  }

  @Test func unmeasuredPointsAreNotDrawn() throws {
    try withFolder { folder in
      var results = try SyntheticRun.make(images: folder)
      results.contrasts = []
      results.curves = [
        CurveRecord(
          task: "t", measure: "m", norm: .linf,
          points: [
            .init(epsilon: .zero, accuracy: 1), .init(epsilon: try Rational("1/255"), accuracy: nil),
            .init(epsilon: try Rational("2/255"), accuracy: 0.5),
          ])
      ]
      let section = try #require(Page(entries: Report(results).entries).curvesSection).markup.html
      #expect(try points(of: "polyline class=\"line s0\"", in: section).count == 2)
    }
  }

  @Test func curvesShowTheirAttacksSettings() throws {
    func curve(_ task: String, _ settings: String?) -> CurveRecord {
      CurveRecord(
        task: task, measure: "pgd", norm: .l2, settings: settings, points: [.init(epsilon: .zero, accuracy: 1)])
    }
    func section(_ results: Results) throws -> String {
      try #require(Page(entries: Report(results).entries).curvesSection).markup.html
    }
    var results = Results(name: "one", strategy: "", network: "", seed: 0, tasks: [])
    results.curves = [curve("t", "10 steps <3"), curve("u", "10 steps <3")]
    #expect(try section(results).components(separatedBy: "<p class=\"note\">10 steps &lt;3</p>").count == 2)
    var other = Results(name: "two", strategy: "", network: "", seed: 0, tasks: [])
    other.curves = [curve("t", "20 steps")]
    results.contrasts = [other]
    let both = try section(results)
    #expect(both.contains(": 10 steps &lt;3</p>") && both.contains(": 20 steps</p>"), "\(both)")
    results.contrasts = []
    results.curves = [curve("t", nil)]
    #expect(try !section(results).contains("class=\"note\""))
  }

  @Test func barsEndAtTheirUpperBound() throws {
    let chart = BarChart(
      label: "b", bars: [.init(name: "one", upper: 2, lower: 1), .init(name: "none", upper: nil)], style: 0, xTitle: "x"
    )
    let html = chart.markup.html
    let width = try number("width=\"", after: "<rect class=\"bar s0\"", in: html)
    #expect(abs(chart.frame.left + width - chart.frame.x(2)) < 0.01)
    #expect(abs(try number("x1=\"", after: "class=\"lower\"", in: html) - chart.frame.x(1)) < 0.01)
    #expect(html.contains("no finite bound"))
    #expect(chart.frame.xScale == .linear)
    let wide = BarChart(
      label: "b", bars: [.init(name: "a", upper: 1), .init(name: "b", upper: 1e6)], style: 0, xTitle: "x")
    #expect(wide.frame.xScale == .logarithmic)
    #expect(wide.frame.x(1) > wide.frame.left, "the smallest bar can be seen")
  }

  @Test func rangesAreSortedAndARefutedOneStandsOut() {
    let chart = RangeChart(
      label: "r", ranges: [.init(low: 0.5, high: 0.4), .init(low: 0.1, high: 0.9), .init(low: 0.2, high: nil)],
      style: 0,
      yTitle: "y")
    #expect(chart.sorted.map(\.low) == [0.1, 0.2, 0.5])
    let html = chart.markup.html
    for kind in ["range", "open", "broken"] {
      #expect(html.components(separatedBy: "<line class=\"\(kind)\"").count == 2, "one \(kind)")
    }
  }

  /// WCAG 2.1 AA asks for 4.5.
  @Test func figuresOnTheHeatMapAreLegible() {
    for level in 0...20 {
      for dark in [false, true] {
        let contrast = HeatPalette.background(level, dark: dark).contrast(with: HeatPalette.text(level, dark: dark))
        #expect(contrast >= 4.5, "level \(level), dark \(dark): \(contrast)")
      }
    }
    let black = HeatPalette.Color(red: 0, green: 0, blue: 0)
    #expect(abs(black.contrast(with: HeatPalette.paper) - 21) < 1e-9, "black on white is 21 by definition")
    #expect(HeatMap.level(0) == 0 && HeatMap.level(1) == 20 && HeatMap.level(0.5) == 10)
  }

  @Test func figuresReadAsTheyShould() {
    #expect(Figures.plainPercent(0.97345) == "97.3")
    #expect(Figures.plainPercent(1) == "100.0" && Figures.plainPercent(0) == "0.0")
    #expect(Figures.plainPercent(0.9999) == ">99.9", "not quite all is not all")
    #expect(Figures.plainPercent(0.0001) == "<0.1")
    #expect(Figures.percent(nil) == "–")
    #expect(Figures.points(0) == "0" && Figures.points(-0.031) == "−3.1" && Figures.points(0.2) == "+20.0")
    #expect(Figures.points(1e-9) == "+<0.1", "a trace of forgetting is not zero")
    #expect(Figures.interval(Interval(low: 0.9511, high: 0.9849)) == "95.1–98.5")
    #expect(Figures.wholeInterval(Interval(low: 0.9511, high: 0.9849)) == "95–99", "outward")
    #expect(Figures.number(36.48223) == "36.5" && Figures.number(0.0123) == "0.0123")
    #expect(Figures.number(1_234_567) == "1.23\u{A0}×\u{A0}10⁶" && Figures.number(nil) == "–")
    #expect(Figures.count(1_234_567) == "1\u{202F}234\u{202F}567" && Figures.count(Int.min).hasPrefix("−9"))
    #expect(Figures.seconds(61.2) == "1\u{A0}min\u{A0}1\u{A0}s" && Figures.seconds(-1) == "–")
    #expect(Figures.coordinate(1.5) == "1.5" && Figures.coordinate(2) == "2" && Figures.coordinate(-0.001) == "0")
  }

  private func points(of element: String, in html: String) throws -> [[Double]] {
    let part = try #require(html.components(separatedBy: element).dropFirst().first)
    let list = try #require(part.components(separatedBy: "points=\"").dropFirst().first?.prefix { $0 != "\"" })
    return try list.split(separator: " ").map { pair in
      try pair.split(separator: ",").map { try #require(Double($0)) }
    }
  }

  private func number(_ attribute: String, after element: String, in html: String) throws -> Double {
    let part = try #require(html.components(separatedBy: element).dropFirst().first)
    let text = try #require(part.components(separatedBy: attribute).dropFirst().first?.prefix { $0 != "\"" })
    return try #require(Double(text))
  }
}
