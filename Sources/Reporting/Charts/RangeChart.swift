/// Ranges from a certified radius to the nearest attack, one per image, sorted: the true distance lies inside each.
struct RangeChart {
  struct Range: Sendable, Equatable {
    /// The certified radius, ≥ 0.
    var low: Double
    /// The attack's distance; absent where no attack succeeded.
    var high: Double?
  }

  var label: String
  var ranges: [Range]
  var style: Int
  var yTitle: String

  /// Sorted by radius, then by distance.
  var sorted: [Range] {
    ranges.sorted { ($0.low, $0.high ?? .infinity) < ($1.low, $1.high ?? .infinity) }
  }

  var frame: ChartFrame {
    let largest = ranges.flatMap { [$0.low, $0.high ?? $0.low] }.max() ?? 1
    return ChartFrame(xRange: 0...Double(max(ranges.count, 1)), yRange: 0...(largest > 0 ? largest * 1.06 : 1))
  }

  var markup: Markup {
    let frame = frame
    let bars = sorted.enumerated().map { index, range -> Markup in
      let x = frame.x(Double(index) + 0.5)
      let low = frame.y(range.low)
      let kind = range.high.map { $0 < range.low ? "broken" : "range" } ?? "open"
      return """
        <line class="\(kind)" x1="\(x)" x2="\(x)" y1="\(low)" y2="\(range.high.map { frame.y($0) } ?? frame.top)"/>
        """
    }
    // One path for all dots of a kind: hundreds of elements would only make the page heavy.
    let slot = (frame.width - frame.left - frame.right) / Double(max(ranges.count, 1))
    let radius = min(2.4, max(0.8, slot * 0.42))
    func dots(_ values: [(Int, Double)]) -> Markup {
      values.map { index, value -> Markup in
        let (x, y) = (frame.x(Double(index) + 0.5), frame.y(value))
        return
          "M\(x - radius) \(y)a\(radius) \(radius) 0 1 0 \(2 * radius) 0a\(radius) \(radius) 0 1 0 \(-2 * radius) 0"
      }.joined("")
    }
    let lows = sorted.enumerated().map { ($0, $1.low) }
    let highs = sorted.enumerated().compactMap { index, range in range.high.map { (index, $0) } }
    return frame.svg(
      label: label,
      """
      \(frame.axes(
        xTicks: [], yTicks: AxisScale.linear.ticks(frame.yRange), xTitle: "images, by certified radius", yTitle: yTitle))
      <g stroke-width="\(max(0.6, min(3, slot * 0.5)))">
      \(bars)
      </g>
      <path class="dot attack" d="\(dots(highs))"/>
      <path class="dot certified s\(style % SeriesStyle.count)" d="\(dots(lows))"/>
      """)
  }
}
