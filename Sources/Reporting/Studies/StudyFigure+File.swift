import Results

extension StudyFigure {
  /// The figure as an SVG file that stands alone: styles, heading and key are inside, light and dark, no script.
  public var svg: String {
    let chart = chart
    let frame = chart.frame
    let rows = keyRows(width: frame.width)
    let heading = headingLines(width: frame.width)
    let top = 8 + 16 * Double(heading.count)
    let height = top + frame.height + 18 * Double(rows.count) + 6
    let keys = rows.enumerated().flatMap { row, entries in
      entries.map { entry -> Markup in
        let y = top + frame.height + 18 * Double(row) + 10
        let x = entry.x
        return """
          <line class="line s\(entry.style)" x1="\(x)" x2="\(x + 26)" y1="\(y)" y2="\(y)"/>\
          \(SeriesStyle.marker(entry.style, at: (x + 13, y), title: ""))\
          <text class="name" x="\(x + 32)" y="\(y + 3.5)">\(entry.name)</text>
          """
      }
    }
    let file: Markup = """
      <svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 \(frame.width) \(height)" \
      width="\(2 * frame.width)" height="\(2 * height)" role="img" aria-label="\(chart.label)">
      <title>\(title)</title>
      <style>
      \(Markup(trusted: StyleSheet.chartFile))
      </style>
      <rect class="page" x="0" y="0" width="\(frame.width)" height="\(height)"/>
      \(heading.enumerated().map { "<text class=\"heading\" x=\"10\" y=\"\(18 + 16 * Double($0))\">\($1)</text>" as Markup })
      <g transform="translate(0 \(top))">
      \(chart.content)
      </g>
      \(keys)
      </svg>
      """
    return file.html + "\n"
  }

  /// The title in lines as wide as the chart, with the width of text estimated.
  private func headingLines(width: Double) -> [String] {
    title.split(separator: " ").reduce(into: [""]) { lines, word in
      let longer = lines[lines.count - 1] + (lines[lines.count - 1].isEmpty ? "" : " ") + word
      if 7.2 * Double(longer.count) > width - 20, !lines[lines.count - 1].isEmpty {
        lines.append(String(word))
      } else {
        lines[lines.count - 1] = longer
      }
    }
  }

  private typealias KeyEntry = (name: String, style: Int, x: Double)

  /// The key in rows as wide as the chart, with the width of text estimated.
  private func keyRows(width: Double) -> [[KeyEntry]] {
    var rows: [[KeyEntry]] = []
    var end = Double.infinity
    for (index, line) in series.enumerated() {
      let needed = 32 + 6 * Double(line.name.count) + 14
      if end + needed > width {
        rows.append([])
        end = 10
      }
      rows[rows.count - 1].append((line.name, index % SeriesStyle.count, end))
      end += needed
    }
    return rows
  }
}
