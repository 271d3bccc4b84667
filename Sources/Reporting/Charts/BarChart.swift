import Foundation

/// Horizontal bars for upper bounds, with a tick for the lower bound of each.
struct BarChart {
  struct Bar: Sendable, Equatable {
    var name: String
    /// Absent where no bound exists: the row is there, and says so.
    var upper: Double?
    var lower: Double?
  }

  var label: String
  var bars: [Bar]
  var style: Int
  var xTitle: String

  private static let rowHeight = 19.0

  var frame: ChartFrame {
    // A file may claim anything; an axis needs sizes that a logarithm and a sum survive.
    let values = bars.flatMap { [$0.upper, $0.lower] }.compactMap(\.self).filter { (1e-30...1e30).contains($0) }
    let (smallest, largest) = (values.min() ?? 1, values.max() ?? 1)
    // Bars start at 0 while that is legible; beyond a factor of 30 only a logarithm shows the small ones.
    let logarithmic = largest / smallest > 30
    let range =
      logarithmic
      ? pow(10, (log10(smallest) - 0.2).rounded(.down))...pow(10, log10(largest) + 0.12) : 0...(largest * 1.18)
    return ChartFrame(
      height: Double(bars.count) * Self.rowHeight + 46, left: 104, right: 14, top: 6, bottom: 36, xRange: range,
      yRange: 0...1, xScale: logarithmic ? .logarithmic : .linear)
  }

  var markup: Markup {
    let frame = frame
    let rows = bars.enumerated().map { index, bar in
      row(bar, y: frame.top + (Double(index) + 0.5) * Self.rowHeight, frame)
    }
    let ticks = frame.xScale.ticks(frame.xRange, about: 4)
    let title = frame.xScale == .logarithmic ? xTitle + " (logarithmic)" : xTitle
    let grid = ticks.map { tick -> Markup in
      let x = frame.x(tick.value)
      return "<line class=\"grid\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(frame.top)\" y2=\"\(frame.height - frame.bottom)\"/>"
    }
    return frame.svg(
      label: label, "\(grid)\n\(frame.axes(xTicks: ticks, yTicks: [], xTitle: title, yTitle: ""))\n\(rows)")
  }

  private func row(_ bar: Bar, y: Double, _ frame: ChartFrame) -> Markup {
    let name: Markup = """
      <text x="\(frame.left - 6)" y="\(y + 3.5)" text-anchor="end"><title>\(bar.name)</title>\(Self.short(bar.name))</text>
      """
    guard let upper = bar.upper else {
      return "\(name)<text class=\"muted\" x=\"\(frame.left + 4)\" y=\"\(y + 3.5)\">no finite bound</text>"
    }
    let start = frame.left
    let end = frame.x(upper)
    let text = Figures.number(upper)
    // The figure goes behind the bar, or into it where there is no room behind.
    let fits = end + 6 + Double(text.count) * 6 < frame.width
    let figure: Markup =
      fits
      ? "<text x=\"\(end + 5)\" y=\"\(y + 3.5)\">\(text)</text>"
      : "<text class=\"inside\" x=\"\(end - 5)\" y=\"\(y + 3.5)\" text-anchor=\"end\">\(text)</text>"
    let lower: Markup =
      bar.lower.map { value in
        let x = frame.x(value)
        return """
          <line class="lower" x1="\(x)" x2="\(x)" y1="\(y - 8)" y2="\(y + 8)">\
          <title>lower bound \(Figures.number(value))</title></line>
          """
      } ?? .empty
    return """
      \(name)<rect class="bar s\(style % SeriesStyle.count)" x="\(start)" y="\(y - 6)" \
      width="\(max(end - start, 0.5))" height="12" rx="1.5">\
      <title>\(bar.name): upper bound \(text)</title></rect>\(lower)\(figure)
      """
  }

  /// Sixteen characters, the middle left out of longer names.
  static func short(_ name: String) -> String {
    name.count <= 16 ? name : name.prefix(7) + "…" + name.suffix(8)
  }
}
