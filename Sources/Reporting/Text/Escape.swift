/// Text from data made harmless in each format it is written to.
enum Escape {
  /// For HTML and SVG, in content and in quoted attributes; also valid XML.
  static func html(_ text: String) -> String {
    var output = ""
    output.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": output += "&amp;"
      case "<": output += "&lt;"
      case ">": output += "&gt;"
      case "\"": output += "&quot;"
      case "'": output += "&#39;"
      default: output.unicodeScalars.append(isHarmless(scalar) ? scalar : "\u{FFFD}")
      }
    }
    return output
  }

  /// For running text and table cells of Markdown: one line, no construct, no HTML, no link.
  static func markdown(_ text: String) -> String {
    var output = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": output += "&amp;"
      case "<": output += "&lt;"
      case ">": output += "&gt;"
      case "\\", "`", "*", "_", "{", "}", "[", "]", "(", ")", "#", "+", "-", "!", "|", "~", ":", "@":
        // A backslash keeps the character and takes its meaning (CommonMark 2.4); ':' and '@' would start autolinks.
        output += "\\" + String(scalar)
      case "\n", "\r", "\t", "\u{85}", "\u{2028}", "\u{2029}": output += " "
      default: output.unicodeScalars.append(isHarmless(scalar) ? scalar : "\u{FFFD}")
      }
    }
    return output
  }

  /// A fenced block of Markdown whose fence is longer than any run of backticks inside.
  static func markdownFence(_ text: String, language: String) -> String {
    var longest = 0
    var run = 0
    for character in text.unicodeScalars {
      run = character == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)\(language)\n\(text)\(text.hasSuffix("\n") ? "" : "\n")\(fence)\n"
  }

  /// A text field of CSV (RFC 4180): quoted where needed, and never a formula in a spreadsheet.
  static func csv(_ text: String) -> String {
    var field = text
    // Spreadsheets skip leading spaces before they look for a formula.
    if let first = text.unicodeScalars.first(where: { $0 != " " }),
      ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"].contains(first)
    {
      field = "'" + field
    }
    let special: Set<Unicode.Scalar> = ["\"", ",", "\n", "\r", ";", "\t"]
    guard field.unicodeScalars.contains(where: special.contains) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }

  /// Not a control character, not one that reorders the text around it, and a character of XML 1.0.
  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D: true
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF: false
    default: true
    }
  }
}
