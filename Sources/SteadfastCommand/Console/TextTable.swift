/// A table in plain text: words to the left, figures to the right.
struct TextTable: Sendable {
  private var rows: [[String]]
  private let wordColumns: Int

  /// - Parameter words: how many columns hold words, from the left.
  init(_ header: [String], words: Int = 1) {
    rows = [header]
    wordColumns = words
  }

  mutating func add(_ row: [String]) { rows.append(row.map(\.printable)) }

  var text: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
    }
    let lines = rows.map { row in
      row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column < wordColumns ? cell + padding : padding + cell
      }.joined(separator: "  ")
    }
    let rule = String(repeating: "─", count: widths.reduce(0, +) + 2 * max(0, columns - 1))
    return ([lines.first ?? "", rule] + lines.dropFirst()).map(Self.trimmed).joined(separator: "\n")
  }

  private static func trimmed(_ line: String) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }
}

extension String {
  /// Names from data may hold control characters, which a terminal would obey.
  var printable: String {
    guard unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return self }
    return String(unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : Character($0) })
  }
}
