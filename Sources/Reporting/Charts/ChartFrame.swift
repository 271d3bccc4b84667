import Foundation

/// The plotting area of a chart and the map from data to pixels.
struct ChartFrame: Sendable {
  var width = 360.0
  var height = 230.0
  var left = 42.0
  var right = 12.0
  var top = 10.0
  var bottom = 36.0
  var xRange: ClosedRange<Double>
  var yRange: ClosedRange<Double>
  var xScale = AxisScale.linear
  var yScale = AxisScale.linear

  func x(_ value: Double) -> Double { left + xScale.fraction(value, in: xRange) * (width - left - right) }
  func y(_ value: Double) -> Double { height - bottom - yScale.fraction(value, in: yRange) * (height - top - bottom) }

  /// Axes with grid lines, tick labels and titles. Labels that would touch their neighbour are left out.
  func axes(xTicks: [AxisTick], yTicks: [AxisTick], xTitle: String, yTitle: String) -> Markup {
    let floor = height - bottom
    let horizontal = yTicks.map { tick -> Markup in
      let y = y(tick.value)
      return """
        <line class="grid" x1="\(left)" x2="\(width - right)" y1="\(y)" y2="\(y)"/>\
        <text x="\(left - 6)" y="\(y + 3.5)" text-anchor="end">\(tick.label)</text>
        """
    }
    var labelEnd = -Double.infinity
    let vertical = xTicks.map { tick -> Markup in
      let x = x(tick.value)
      let half = Double(tick.label.count) * 3 + 3
      let mark: Markup = "<line class=\"axis\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(floor)\" y2=\"\(floor + 4)\"/>"
      guard x - half > labelEnd else { return mark }
      labelEnd = x + half
      let anchor: Markup = x + half > width ? "end" : "middle"
      let position = x + half > width ? width - 1 : x
      return "\(mark)<text x=\"\(position)\" y=\"\(floor + 15)\" text-anchor=\"\(anchor)\">\(tick.label)</text>"
    }
    return """
      \(horizontal)
      <line class="axis" x1="\(left)" x2="\(width - right)" y1="\(floor)" y2="\(floor)"/>
      \(vertical)
      <text class="title" x="\((left + width - right) / 2)" y="\(height - 4)" text-anchor="middle">\(xTitle)</text>
      <text class="title" transform="translate(10 \((top + floor) / 2)) rotate(-90)" text-anchor="middle"\
      \(squeezed(yTitle, into: floor - top))>\(yTitle)</text>
      """
  }

  /// A title that would not fit is set narrower; its width is estimated, and no more than asked for.
  private func squeezed(_ title: String, into length: Double) -> Markup {
    5.2 * Double(title.count) <= length ? .empty : " textLength=\"\(length)\" lengthAdjust=\"spacingAndGlyphs\""
  }

  /// The chart as an image with a name that screen readers say.
  func svg(label: String, _ content: Markup) -> Markup {
    """
    <svg class="chart" viewBox="0 0 \(width) \(height)" role="img" aria-label="\(label)">
    \(content)
    </svg>
    """
  }
}

/// A labelled position on an axis.
struct AxisTick: Sendable, Equatable {
  var value: Double
  var label: String
}

/// How values are spread along an axis.
enum AxisScale: Sendable {
  case linear, logarithmic

  /// 0 at the range's lower end, 1 at its upper; 0 for a range without extent.
  func fraction(_ value: Double, in range: ClosedRange<Double>) -> Double {
    let (low, high, at) =
      switch self {
      case .linear: (range.lowerBound, range.upperBound, value)
      case .logarithmic: (log10(range.lowerBound), log10(range.upperBound), log10(max(value, range.lowerBound)))
      }
    guard high > low else { return 0 }
    return min(max((at - low) / (high - low), 0), 1)
  }

  /// Round positions that cover `range`: 1, 2, 2.5 or 5 times a power of ten; or the powers of ten.
  func ticks(_ range: ClosedRange<Double>, about count: Int = 5) -> [AxisTick] {
    switch self {
    case .linear:
      let extent = range.upperBound - range.lowerBound
      guard extent > 1e-300, extent.isFinite else { return [AxisTick(value: range.lowerBound, label: "0")] }
      let rough = extent / Double(count)
      let power = pow(10, log10(rough).rounded(.down))
      let step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
      let first = Int((range.lowerBound / step - 1e-9).rounded(.up))
      let last = Int((range.upperBound / step + 1e-9).rounded(.down))
      guard first <= last else { return [] }
      let largest = Double(max(first.magnitude, last.magnitude)) * step
      return (first...last).map {
        AxisTick(value: Double($0) * step, label: label(Double($0) * step, step: step, largest: largest))
      }
    case .logarithmic:
      let first = Int(log10(range.lowerBound).rounded(.up))
      let last = Int(log10(range.upperBound).rounded(.down))
      // Where there is hardly a power of ten, its doubles and halves stand in between.
      if last - first < 2 {
        return (first - 1...last).flatMap { power in
          [1, 2, 5].map { AxisTick(value: $0 * pow(10, Double(power)), label: Figures.power($0, power)) }
        }.filter { range.contains($0.value) }
      }
      let stride = max(1, (last - first) / max(count, 1))
      return (first...last).filter { $0.isMultiple(of: stride) }.map {
        AxisTick(value: pow(10, Double($0)), label: Figures.power(1, $0))
      }
    }
  }

  /// As many digits as the step between ticks needs; large and tiny numbers by powers of ten.
  private func label(_ value: Double, step: Double, largest: Double) -> String {
    // One more where the step is 2.5 times a power of ten.
    func digits(_ unit: Double) -> Int {
      let power = (log10(step / unit) + 1e-9).rounded(.down)
      return min(12, max(0, Int(-power) + (abs(step / unit / pow(10, power) - 2.5) < 1e-9 ? 1 : 0)))
    }
    guard largest >= 99_999 || digits(1) > 4 else { return Figures.fixed(value, digits(1)) }
    let exponent = Int((log10(largest) + 1e-9).rounded(.down))
    let unit = pow(10, Double(exponent))
    guard value != 0, unit > 0 else { return "0" }
    return "\(Figures.fixed(value / unit, digits(unit)))·10\(Figures.superscript(exponent))"
  }
}
