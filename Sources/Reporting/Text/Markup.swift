/// HTML that is safe to place in a page.
///
/// Literal parts are taken as they are; an interpolated `String` is escaped, always. So the only way to get text from
/// data into a page is the safe one.
struct Markup: ExpressibleByStringInterpolation, Sendable {
  var html: String

  init(stringLiteral value: String) { html = value }
  init(stringInterpolation: StringInterpolation) { html = stringInterpolation.html }
  /// HTML or CSS of this program's own making.
  init(trusted: String) { html = trusted }

  static let empty: Markup = ""

  /// More are too many to scroll past, or to read.
  static let mostOpenLines = 50

  /// What is too long to scroll past is closed, and opens at a click.
  static func folded(_ summary: Markup, lines: Int, _ content: Markup) -> Markup {
    lines <= mostOpenLines ? content : "<details><summary>\(summary)</summary>\n\(content)\n</details>"
  }

  struct StringInterpolation: StringInterpolationProtocol {
    var html = ""

    init(literalCapacity: Int, interpolationCount: Int) { html.reserveCapacity(literalCapacity * 2) }
    mutating func appendLiteral(_ literal: String) { html += literal }
    mutating func appendInterpolation(_ text: String) { html += Escape.html(text) }
    mutating func appendInterpolation(_ number: Int) { html += String(number) }
    mutating func appendInterpolation(_ number: UInt64) { html += String(number) }
    mutating func appendInterpolation(_ markup: Markup) { html += markup.html }
    mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { html += part.html + "\n" } }
    /// A coordinate: two decimals are a fiftieth of a pixel.
    mutating func appendInterpolation(_ coordinate: Double) { html += Figures.coordinate(coordinate) }
  }
}

extension [Markup] {
  func joined(_ separator: Markup) -> Markup {
    Markup(trusted: map(\.html).joined(separator: separator.html))
  }
}
