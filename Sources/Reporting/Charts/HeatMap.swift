import Foundation
import Results

/// An accuracy matrix as a table whose cells are coloured: legible, selectable, read aloud as a table.
struct HeatMap {
  var caption: String
  var slice: MeasuredAccuracy
  var tasks: [TaskRecord]

  var markup: Markup {
    let columns = slice.initial.indices.map { column -> Markup in
      "<th scope=\"col\"><abbr title=\"\(name(column))\">T\(column + 1)</abbr></th>"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(caption)">
      <table class="heat"><caption class="hidden">\(caption)</caption>
      <thead><tr><th scope="col"><span class="hidden">after</span></th>\(columns)</tr></thead>
      <tbody>
      \(slice.shownRows.map { row($0) })
      </tbody></table></div>
      """
  }

  private func row(_ row: Int?) -> Markup {
    let head: Markup =
      row.map { "after <abbr title=\"\(name($0))\">T\($0 + 1)</abbr>" } ?? "untrained"
    return "<tr><th scope=\"row\">\(head)</th>\(slice.initial.indices.map { cell(row, $0) })</tr>"
  }

  private func cell(_ row: Int?, _ column: Int) -> Markup {
    guard let value = slice.rate(after: row, on: column) else {
      return "<td class=\"none\"><span class=\"hidden\">not measured</span></td>"
    }
    let learned: Markup = row == column ? " own" : ""
    guard let interval = slice.interval(after: row, on: column), let tally = slice.tally(after: row, on: column) else {
      return "<td class=\"h\(Self.level(value))\(learned)\">\(Figures.plainPercent(value))</td>"
    }
    return """
      <td class="h\(Self.level(value))\(learned)" title="\(tally.correct) of \(tally.n), \(Figures.interval(interval))">\
      \(Figures.plainPercent(value))<small>\(Figures.wholeInterval(interval))</small></td>
      """
  }

  private func name(_ task: Int) -> String { tasks.indices.contains(task) ? tasks[task].name : "task \(task + 1)" }

  /// 0…20: which of the palette's steps.
  static func level(_ value: Double) -> Int { Int((min(max(value, 0), 1) * 20).rounded()) }
}

/// The heat map's colours, a step per five per cent, for light and dark pages.
enum HeatPalette {
  struct Color: Equatable {
    var red: Double, green: Double, blue: Double

    var bytes: [UInt8] { [red, green, blue].map { UInt8($0.rounded()) } }

    var hex: String {
      "#"
        + bytes.map { value in
          let text = String(value, radix: 16)
          return text.count == 1 ? "0" + text : text
        }.joined()
    }

    /// Relative luminance (WCAG 2.1).
    var luminance: Double {
      let linear = [red, green, blue].map { value -> Double in
        let v = value / 255
        return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    func contrast(with other: Color) -> Double {
      let (a, b) = (luminance, other.luminance)
      return (max(a, b) + 0.05) / (min(a, b) + 0.05)
    }
  }

  /// Black and white: any softer ink would fall below a contrast of 4.5 on the middle steps.
  static let ink = Color(red: 0, green: 0, blue: 0)
  static let paper = Color(red: 255, green: 255, blue: 255)
  private static let light = [
    Color(red: 250, green: 238, blue: 218), Color(red: 150, green: 205, blue: 190), Color(red: 8, green: 84, blue: 92),
  ]
  private static let dark = [
    Color(red: 52, green: 44, blue: 46), Color(red: 28, green: 98, blue: 104), Color(red: 132, green: 224, blue: 196),
  ]

  static func background(_ level: Int, dark isDark: Bool) -> Color {
    let stops = isDark ? dark : light
    let t = Double(level) / 20 * 2
    let (a, b, f) = t < 1 ? (stops[0], stops[1], t) : (stops[1], stops[2], t - 1)
    return Color(
      red: a.red + f * (b.red - a.red), green: a.green + f * (b.green - a.green), blue: a.blue + f * (b.blue - a.blue))
  }

  /// Whichever of ink and paper is easier to read on it.
  static func text(_ level: Int, dark isDark: Bool) -> Color {
    let back = background(level, dark: isDark)
    return back.contrast(with: ink) >= back.contrast(with: paper) ? ink : paper
  }

  static func css(dark isDark: Bool) -> String {
    (0...20).map {
      ".h\($0){background:\(background($0, dark: isDark).hex);color:\(text($0, dark: isDark).hex)}"
    }.joined(separator: "\n")
  }
}
