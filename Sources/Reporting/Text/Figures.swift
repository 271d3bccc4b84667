import Foundation
import Results

/// Numbers as a reader wants them. Rounding happens here and nowhere else.
enum Figures {
  static let absent = "–"

  /// `97.3 %`. A rate that is not quite all or nothing never reads as if it were.
  static func percent(_ rate: Double?) -> String {
    guard let rate else { return absent }
    return plainPercent(rate) + "\u{A0}%"
  }

  /// `97.3`, for places whose heading says per cent.
  static func plainPercent(_ rate: Double) -> String {
    if rate > 0, rate < 0.0005 { return "<0.1" }
    if rate < 1, rate > 0.9995 { return ">99.9" }
    return fixed(100 * rate, 1)
  }

  /// `102.5 %` of a reference, which may be more than all of it.
  static func ratio(_ value: Double?) -> String { value.map { fixed(100 * $0, 1) + "\u{A0}%" } ?? absent }

  /// A difference of rates in percentage points with its sign: `+1.2`, `−3.0`, `0.0`.
  static func points(_ difference: Double?) -> String {
    guard let difference else { return absent }
    if difference == 0 { return "0" }
    let text = fixed(abs(100 * difference), 1)
    let shown = text == "0.0" ? "<0.1" : text
    return (difference < 0 ? "−" : "+") + shown
  }

  /// `95.1–98.4` for rates; empty where there is none.
  static func interval(_ interval: Interval?) -> String {
    guard let interval else { return "" }
    return "\(fixed(100 * interval.low, 1))–\(fixed(100 * interval.high, 1))"
  }

  /// `97.3 % [95.1–98.4]`; the figure alone where there is no interval.
  static func bracketed(_ figure: String, _ interval: String) -> String {
    interval.isEmpty || figure == absent ? figure : "\(figure) [\(interval)]"
  }

  /// `95–99`, rounded outward to whole per cents, where there is no room for more.
  static func wholeInterval(_ interval: Interval) -> String {
    "\(fixed((100 * interval.low).rounded(.down), 0))–\(fixed((100 * interval.high).rounded(.up), 0))"
  }

  /// `−3.2 to +1.0` for differences.
  static func pointsInterval(_ interval: Interval?) -> String {
    guard let interval else { return "" }
    let text = { (value: Double) in
      let digits = fixed(abs(100 * value), 1)
      return digits == "0.0" ? "0" : (value < 0 ? "−" : "+") + digits
    }
    return "\(text(interval.low)) to \(text(interval.high))"
  }

  static func metric(_ metric: ContinualMetric, _ value: Double?) -> String {
    metric.isDifference ? points(value) : percent(value)
  }

  static func metricInterval(_ metric: ContinualMetric, _ interval: Interval?) -> String {
    metric.isDifference ? pointsInterval(interval) : self.interval(interval)
  }

  /// Three significant digits: `0.0123`, `12.3`, `1.23 × 10⁵`.
  static func number(_ value: Double?) -> String {
    guard let value, value.isFinite else { return absent }
    if value == 0 { return "0" }
    let size = abs(value)
    if size >= 1e5 || size < 1e-3 {
      var exponent = Int(log10(size).rounded(.down))
      var mantissa = value / pow(10, Double(exponent))
      if abs(mantissa) >= 9.995 { (exponent, mantissa) = (exponent + 1, mantissa / 10) }
      return "\(fixed(mantissa, 2))\u{A0}×\u{A0}10\(superscript(exponent))"
    }
    if size >= 9999.5 { return count(Int(value.rounded())) }
    return fixed(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : size >= 0.09995 ? 3 : 4)
  }

  /// `0.98 to 1.02`.
  static func numberInterval(_ interval: Interval) -> String {
    "\(number(interval.low)) to \(number(interval.high))"
  }

  /// A digit times a power of ten: `0.05`, `2`, `5000`, `10⁻³`, `2·10⁶`.
  static func power(_ digit: Double, _ exponent: Int) -> String {
    if (-2...4).contains(exponent) { return fixed(digit * pow(10, Double(exponent)), max(0, -exponent)) }
    return (digit == 1 ? "" : "\(fixed(digit, 0))·") + "10" + superscript(exponent)
  }

  /// `1,234,567` with narrow spaces: `1 234 567`.
  static func count(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var output = value < 0 ? "−" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { output += "\u{202F}" }
      output.append(digit)
    }
    return output
  }

  static func seconds(_ value: Double?) -> String {
    guard let value, value.isFinite, value >= 0 else { return absent }
    if value < 60 { return fixed(value, 1) + "\u{A0}s" }
    if value >= 360_000 { return fixed(value / 3600, 0) + "\u{A0}h" }
    let whole = Int(value.rounded())
    return whole < 3600
      ? "\(whole / 60)\u{A0}min\u{A0}\(whole % 60)\u{A0}s" : "\(whole / 3600)\u{A0}h\u{A0}\(whole % 3600 / 60)\u{A0}min"
  }

  static func fixed(_ value: Double, _ digits: Int) -> String {
    let text = String(format: "%.\(digits)f", value)
    // No "-0.0".
    return text.hasPrefix("-") && !text.contains(where: { ("1"..."9").contains($0) }) ? String(text.dropFirst()) : text
  }

  /// An SVG coordinate.
  static func coordinate(_ value: Double) -> String {
    let text = fixed(value, 2)
    guard text.hasSuffix("0") else { return text }
    return text.hasSuffix(".00") ? String(text.dropLast(3)) : String(text.dropLast())
  }

  static func superscript(_ value: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return (value < 0 ? "⁻" : "")
      + String(String(value.magnitude).compactMap { $0.wholeNumberValue.map { digits[$0] } })
  }
}
