import ImageData
import Results

/// An accuracy matrix of many tasks as a picture, a pixel for each cell, in the heat map's colours.
///
/// What was not measured is transparent. The figures are in the CSV; the page has those of ``TaskByTask`` beside it.
struct AccuracyPicture {
  /// What is shown, in words, for those who do not see it.
  var label: String
  var slice: MeasuredAccuracy

  /// - Throws: what keeps a picture from being encoded.
  func markup() throws -> Markup {
    let rows = slice.shownRows.map { row in row.map { slice.matrix[$0] } ?? slice.initial }
    let (width, height) = (Double(slice.initial.count), Double(rows.count))
    // The first row is on top, where the range ends.
    var frame = ChartFrame(xRange: 0...width, yRange: 0...height)
    frame.height = frame.top + frame.bottom + (frame.width - frame.left - frame.right) * height / width
    let untrained = rows.count - slice.matrix.count
    let ticks = AxisScale.linear.ticks(1...width).filter { $0.value == $0.value.rounded() }
    func image(dark: Bool) throws -> Markup {
      let uri = try Self.pixels(rows, dark: dark).dataURI()
      return """
        <image class="\(dark ? "dark" : "light")" x="\(frame.left)" y="\(frame.top)" \
        width="\(frame.x(width) - frame.left)" height="\(frame.y(0) - frame.top)" preserveAspectRatio="none" \
        href="\(uri)"/>
        """
    }
    return try frame.svg(
      label: label,
      """
      \(frame.axes(
        xTicks: ticks.map { AxisTick(value: $0.value - 0.5, label: $0.label) },
        yTicks: ticks.map { AxisTick(value: height - Double(untrained) - $0.value + 0.5, label: $0.label) },
        xTitle: "on task", yTitle: "after task"))
      \(image(dark: false))
      \(image(dark: true))
      """)
  }

  /// Which colour is how much.
  static var scale: Markup {
    let steps = stride(from: 0, through: 20, by: 4).map { level -> Markup in
      "<span class=\"h\(level)\">\(level * 5)&#160;%</span>"
    }
    return "<p class=\"scale\">\(steps)</p>"
  }

  /// RGB and alpha, a pixel a cell.
  static func pixels(_ rows: [[Double?]], dark: Bool) throws -> Image {
    let colors = (0...20).map { HeatPalette.background($0, dark: dark).bytes + [255] }
    let pixels = rows.flatMap { row in row.flatMap { $0.map { colors[HeatMap.level($0)] } ?? [0, 0, 0, 0] } }
    return try Image(width: rows.first?.count ?? 0, height: rows.count, channels: 4, pixels: pixels)
  }
}
