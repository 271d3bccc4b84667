/// A paragraph in plain text with a label in front: words wrap, and all lines begin at one column.
struct IndentedText: Sendable {
  let label: String
  let words: String
  /// The column that the text begins at; a longer label stands on a line of its own.
  let indent: Int

  private static let width = 100

  /// Without a line break at the end.
  var text: String { lines.joined(separator: "\n") }

  private var lines: [String] {
    let margin = String(repeating: " ", count: indent)
    let label = label.printable
    var lines: [String] = []
    var line = label.count < indent ? label + margin.dropFirst(label.count) : margin
    if label.count >= indent { lines.append(label) }
    var isEmpty = true
    for word in words.printable.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > Self.width {
        lines.append(line)
        (line, isEmpty) = (margin, true)
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }
}
