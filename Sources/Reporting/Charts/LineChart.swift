import Results

/// Lines with bands of uncertainty: accuracy against ε, certified accuracy against radius, a study's figures.
struct LineChart {
  struct Point: Sendable, Equatable {
    var x: Double
    /// On the y axis; a rate in [0,1] unless the chart says otherwise.
    var y: Double
    var band: Interval?
  }

  struct Series: Sendable {
    var name: String
    var style: Int
    /// In the order in which the line runs through them; unmeasured positions are simply not there.
    var points: [Point]
    /// Whether single points are marked.
    var marked = true
  }

  /// What is shown, in words, for those who do not see it.
  var label: String
  var series: [Series]
  /// Named positions on the x axis; round numbers where empty.
  var xTicks: [AxisTick] = []
  var xTitle: String
  var yTitle = "accuracy, %"
  /// From 0 to the largest x where nil.
  var xRange: ClosedRange<Double>?
  var xScale = AxisScale.linear
  /// Of rates where nil.
  var yAxis: YAxis?

  /// A y axis of something else than rates.
  struct YAxis: Sendable {
    var range: ClosedRange<Double>
    var scale: AxisScale
  }

  var frame: ChartFrame {
    let largest = series.flatMap(\.points).map(\.x).max() ?? 1
    var frame = ChartFrame(xRange: xRange ?? 0...(largest > 0 ? largest : 1), yRange: yAxis?.range ?? 0...1)
    frame.xScale = xScale
    frame.yScale = yAxis?.scale ?? .linear
    // Room for the longest label between the axis and its title.
    frame.left = max(frame.left, 25 + 6 * Double(yTicks.map(\.label.count).max() ?? 0))
    return frame
  }

  private var yTicks: [AxisTick] {
    yAxis.map { $0.scale.ticks($0.range) }
      ?? [0, 0.25, 0.5, 0.75, 1].map { AxisTick(value: $0, label: Figures.fixed(100 * $0, 0)) }
  }

  var markup: Markup { frame.svg(label: label, content) }

  /// Axes, bands and lines, without the picture around them.
  var content: Markup {
    let frame = frame
    let ticks = xTicks.isEmpty ? frame.xScale.ticks(frame.xRange) : xTicks
    return """
      \(frame.axes(xTicks: ticks, yTicks: yTicks, xTitle: xTitle, yTitle: yTitle))
      \(series.map { band($0, frame) })
      \(series.map { line($0, frame) })
      """
  }

  private func band(_ series: Series, _ frame: ChartFrame) -> Markup {
    let points = series.points.filter { $0.band != nil }
    let style = series.style % SeriesStyle.count
    let upper = points.map { (frame.x($0.x), frame.y($0.band?.high ?? $0.y)) }
    let lower = points.reversed().map { (frame.x($0.x), frame.y($0.band?.low ?? $0.y)) }
    guard points.count >= 2 else {
      // A band without extent cannot be seen: a single point has a bar.
      return zip(upper, lower).map { high, low -> Markup in
        "<line class=\"line s\(style)\" x1=\"\(high.0)\" x2=\"\(low.0)\" y1=\"\(high.1)\" y2=\"\(low.1)\"/>"
      }.joined("")
    }
    return "<polygon class=\"band s\(style)\" points=\"\(path(upper + lower))\"/>"
  }

  private func line(_ series: Series, _ frame: ChartFrame) -> Markup {
    let style = series.style % SeriesStyle.count
    let positions = series.points.map { (frame.x($0.x), frame.y($0.y)) }
    guard !positions.isEmpty else { return .empty }
    let marks =
      series.marked
      ? zip(series.points, positions).map { point, position -> Markup in
        SeriesStyle.marker(style, at: position, title: "\(series.name): \(words(point))")
      } : []
    return """
      <polyline class="line s\(style)" points="\(path(positions))"><title>\(series.name)</title></polyline>
      \(marks)
      """
  }

  /// A point's figures.
  private func words(_ point: Point) -> String {
    if yAxis == nil {
      let interval = Figures.interval(point.band)
      return Figures.percent(point.y) + (interval.isEmpty ? "" : " (\(interval))")
    }
    let interval = point.band.map { " (\(Figures.numberInterval($0)))" } ?? ""
    return "\(Figures.number(point.y))\(interval) at \(Figures.number(point.x))"
  }

  private func path(_ points: [(Double, Double)]) -> Markup {
    points.map { "\($0.0),\($0.1)" as Markup }.joined(" ")
  }
}

/// Colour, dash and marker of a series: told apart without colour too.
enum SeriesStyle {
  static let count = 6

  static func marker(_ style: Int, at point: (Double, Double), title: String, radius r: Double = 3.2) -> Markup {
    let (x, y) = point
    let corners: [(Double, Double)] =
      switch style % count {
      case 1: [(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)]
      case 2: [(x, y - 1.2 * r), (x + 1.2 * r, y + r), (x - 1.2 * r, y + r)]
      case 3: [(x, y - 1.35 * r), (x + 1.35 * r, y), (x, y + 1.35 * r), (x - 1.35 * r, y)]
      case 4: [(x, y + 1.2 * r), (x + 1.2 * r, y - r), (x - 1.2 * r, y - r)]
      case 5:
        [
          (x - 1.2 * r, y - 0.5 * r), (x + 1.2 * r, y - 0.5 * r), (x + 1.2 * r, y + 0.5 * r),
          (x - 1.2 * r, y + 0.5 * r),
        ]
      default: []
      }
    let tooltip: Markup = title.isEmpty ? .empty : "<title>\(title)</title>"
    guard !corners.isEmpty else {
      return "<circle class=\"mark s\(style % count)\" cx=\"\(x)\" cy=\"\(y)\" r=\"\(r)\">\(tooltip)</circle>"
    }
    let points = corners.map { "\($0.0),\($0.1)" as Markup }.joined(" ")
    return "<polygon class=\"mark s\(style % count)\" points=\"\(points)\">\(tooltip)</polygon>"
  }

  /// The key of a chart or of a row of charts.
  static func legend(_ names: [(name: String, style: Int)]) -> Markup {
    let items = names.map { name, style -> Markup in
      """
      <li><svg viewBox="0 0 28 12" width="28" height="12" aria-hidden="true">\
      <line class="line s\(style % count)" x1="1" x2="27" y1="6" y2="6"/>\(marker(style, at: (14, 6), title: ""))</svg>\
      \(name)</li>
      """
    }
    return "<ul class=\"legend\">\(items)</ul>"
  }
}
