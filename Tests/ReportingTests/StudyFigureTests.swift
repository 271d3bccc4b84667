import Foundation
import Results
import Testing

@testable import Reporting

@Suite struct StudyFigureTests {
  private func figure(
    _ x: StudyFigure.Scale, _ y: StudyFigure.Scale, _ points: [[StudyFigure.Point]]
  ) -> StudyFigure {
    StudyFigure(
      title: "t", x: .init("x", x), y: .init("y", y),
      series: points.enumerated().map { .init(name: "series \($0)", points: $1) })
  }

  @Test func logarithmicTicksAreRound() {
    func labels(_ range: ClosedRange<Double>) -> [String] { AxisScale.logarithmic.ticks(range).map(\.label) }
    #expect(labels(1e-6...1) == ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "0.01", "0.1", "1"])
    #expect(
      labels(1e-12...1e12) == ["10⁻¹²", "10⁻⁸", "10⁻⁴", "1", "10⁴", "10⁸", "10¹²"].map { $0 == "10⁴" ? "10000" : $0 })
    #expect(labels(0.3...6) == ["0.5", "1", "2", "5"])
    #expect(labels(3e-7...4e-6) == ["5·10⁻⁷", "10⁻⁶", "2·10⁻⁶"])
    for seed in 0..<300 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let low = pow(10, Double.random(in: -200...200, using: &random))
      let high = low * pow(10, Double.random(in: 0.5...80, using: &random))
      let ticks = AxisScale.logarithmic.ticks(low...high)
      #expect((1...12).contains(ticks.count), "seed \(seed): \(ticks)")
      #expect(ticks.allSatisfy { $0.value >= low * 0.999 && $0.value <= high * 1.001 }, "seed \(seed)")
      #expect(Set(ticks.map(\.label)).count == ticks.count, "seed \(seed)")
    }
  }

  @Test func linearTicksOfAnySizeAreShort() {
    #expect(AxisScale.linear.ticks(0...4e6).map(\.label) == ["0", "1·10⁶", "2·10⁶", "3·10⁶", "4·10⁶"])
    #expect(
      AxisScale.linear.ticks(-2e-6...2e-6, about: 4).map(\.label) == ["-2·10⁻⁶", "-1·10⁻⁶", "0", "1·10⁻⁶", "2·10⁻⁶"])
    #expect(
      AxisScale.linear.ticks(0...1e5, about: 4).map(\.label) == ["0", "0.25·10⁵", "0.50·10⁵", "0.75·10⁵", "1.00·10⁵"])
    #expect(AxisScale.linear.ticks(0...5_000).map(\.label) == ["0", "1000", "2000", "3000", "4000", "5000"])
  }

  @Test func linesGoThroughTheirPoints() throws {
    let points: [StudyFigure.Point] = [.init(x: 0, y: 1e-3), .init(x: 5, y: 1e-1), .init(x: 10, y: 1)]
    let chart = figure(.linear, .logarithmic, [points]).chart
    let frame = chart.frame
    let found = try coordinates(of: "polyline", in: chart.markup.html)
    #expect(found.count == 6)
    for (index, point) in points.enumerated() {
      #expect(abs(found[2 * index] - frame.x(point.x)) < 0.006 && abs(found[2 * index + 1] - frame.y(point.y)) < 0.006)
    }
    // Decades are equally high: two from the first point to the second, one to the third.
    #expect(abs((found[1] - found[3]) - 2 * (found[3] - found[5])) < 0.03)
    #expect(found[1] > found[3], "larger is higher up")
  }

  @Test func bandsSurroundTheirLine() throws {
    let points = [1.0, 2, 3].map { StudyFigure.Point(x: $0, y: $0, band: Interval(low: $0 - 0.5, high: $0 + 0.5)) }
    let html = figure(.linear, .linear, [points]).chart.markup.html
    let line = try coordinates(of: "polyline", in: html)
    let band = try coordinates(of: "polygon class=\"band", in: html)
    #expect(band.count == 12)
    for index in 0..<3 {
      #expect(band[2 * index + 1] < line[2 * index + 1], "the upper end is above")
      #expect(band[11 - 2 * index] > line[2 * index + 1], "the lower end is below")
    }
    let single = figure(.linear, .linear, [[points[0]]]).chart.markup.html
    #expect(single.contains("<line class=\"line s0\""), "a single point has a bar")
  }

  @Test func pointsWithoutAPlaceAreLeftOut() throws {
    let points: [StudyFigure.Point] = [
      .init(x: 1, y: 1), .init(x: 2, y: 0), .init(x: 3, y: -1), .init(x: 4, y: .nan), .init(x: 5, y: .infinity),
      .init(x: 0, y: 1), .init(x: -1, y: 1), .init(x: .nan, y: 1), .init(x: 10, y: 10),
    ]
    #expect(figure(.logarithmic, .logarithmic, [points]).chart.series[0].points.map(\.x) == [1, 10])
    #expect(figure(.linear, .linear, [points]).chart.series[0].points.map(\.x) == [1, 2, 3, 0, -1, 10])
  }

  /// No figure makes a coordinate that is not a number, or a file that is not XML.
  @Test(arguments: [StudyFigure.Scale.linear, .logarithmic])
  func anyFiguresMakeAFile(scale: StudyFigure.Scale) throws {
    let odd: [Double] = [
      0, 1, -1, .leastNonzeroMagnitude, 1e-300, 1e300, -1e300, 1.7e308, -1.7e308, .nan, .infinity, -.infinity, 3,
      3.0000000000000004,
    ]
    for seed in 0..<400 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      func value() -> Double {
        Bool.random(using: &random)
          ? odd[Int.random(in: 0..<odd.count, using: &random)]
          : pow(10, Double.random(in: -12...12, using: &random)) * (Bool.random(using: &random) ? 1 : -1)
      }
      let series = (0..<Int.random(in: 0...7, using: &random)).map { _ in
        (0..<Int.random(in: 0...4, using: &random)).map { _ in
          StudyFigure.Point(
            x: value(), y: value(),
            band: Bool.random(using: &random) ? Interval(low: value(), high: value()) : nil)
        }
      }
      let svg = figure(scale, scale, series).svg
      let page = try ParsedPage(svg)
      for (name, text) in page.attributes where ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "points"].contains(name)
      {
        for number in text.split(whereSeparator: { " ,".contains($0) }) {
          let value = try #require(Double(number), "seed \(seed): \(name)=\(text)")
          #expect(value.isFinite && abs(value) < 2_000, "seed \(seed): \(name)=\(text)")
        }
      }
    }
  }

  @Test func theFileStandsAlone() throws {
    let points: [StudyFigure.Point] = [.init(x: 1, y: 1), .init(x: 2, y: 2)]
    let svg = figure(.linear, .linear, Array(repeating: points, count: 6)).svg
    #expect(svg.contains("xmlns=\"http://www.w3.org/2000/svg\""))
    let page = try ParsedPage(svg)
    #expect(!page.elements.contains("script") && page.elements.contains("style"))
    #expect(svg.contains("prefers-color-scheme:dark"))
    for index in 0..<6 { #expect(page.text.contains("series \(index)")) }
    #expect(!page.attributes.contains { $0.0 == "href" || $0.0.hasPrefix("on") })
  }

  private func coordinates(of element: String, in html: String) throws -> [Double] {
    let part = try #require(html.components(separatedBy: "<" + element).dropFirst().first)
    let list = try #require(part.components(separatedBy: "points=\"").dropFirst().first?.prefix { $0 != "\"" })
    return try list.split { " ,".contains($0) }.map { try #require(Double($0)) }
  }
}
