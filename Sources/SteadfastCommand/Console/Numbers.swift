import Foundation

/// Numbers as people read them; the C locale's point everywhere.
enum Numbers {
  static func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

  /// Four significant digits.
  static func significant(_ value: Double?) -> String { value.map { String(format: "%.4g", $0) } ?? "–" }

  /// With leading zeros, so that names sort as numbers do.
  static func padded(_ number: Int) -> String { String(format: "%05ld", number) }

  static func percent(_ rate: Double?) -> String { rate.map { fixed(100 * $0, 1) + " %" } ?? "–" }

  /// `9 s`, `3 min 5 s`, `2 h 10 min`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "long" }
    let whole = Int(seconds.rounded(.up))
    return switch whole {
    case ..<60: "\(whole) s"
    case ..<3600: "\(whole / 60) min \(whole % 60) s"
    default: "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
  }

  /// How long something took: two digits below 10 s, else as ``duration(_:)``.
  static func elapsed(_ seconds: Double) -> String {
    seconds < 10 ? String(format: "%.2g s", seconds) : duration(seconds)
  }

  /// `11,689,512`.
  static func grouped(_ number: Int) -> String {
    let digits = Array(String(abs(number)))
    let groups = stride(from: digits.count, to: 0, by: -3).map { String(digits[max(0, $0 - 3)..<$0]) }
    return (number < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
  }

  static func mebibytes(_ bytes: Int) -> String { fixed(Double(bytes) / 1_048_576, 0) + " MiB" }
}
