import Foundation

/// A perturbation size exactly as the user wrote it: `8/255`, `0.1`, `1/10`, `0.5/255`, `1e-3`.
///
/// The text is kept for display and for files, the reduced fraction for every comparison. Equality, ordering and
/// hashing are those of the number, so `0.1` and `1/10` are the same ε. A binary float would not do: the float
/// nearest to 8/255 times 255 may floor to 7 grid steps.
public struct Rational: Sendable {
  /// What the user wrote, without surrounding spaces.
  public let text: String
  /// Numerator of the reduced fraction, ≥ 0.
  public let numerator: Int
  /// Denominator of the reduced fraction, > 0.
  public let denominator: Int

  public static let zero = Rational(text: "0", numerator: 0, denominator: 1)

  private init(text: String, numerator: Int, denominator: Int) {
    self.text = text
    self.numerator = numerator
    self.denominator = denominator
  }

  /// Parses a non-negative decimal, or two of them divided.
  /// - Throws: ``RationalError`` for anything else, a zero denominator, or more digits than 64 bits hold.
  public init(_ source: String) throws {
    let text = source.trimmingCharacters(in: .whitespaces)
    guard text.utf8.count <= 64 else { throw RationalError.tooLarge(String(text.prefix(64)) + "…") }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2 else { throw RationalError.malformed(text) }
    let top = try Decimal64(parts[0].trimmingCharacters(in: .whitespaces), of: text)
    var (numerator, denominator) = (top.numerator, top.denominator)
    if parts.count == 2 {
      let bottom = try Decimal64(parts[1].trimmingCharacters(in: .whitespaces), of: text)
      guard bottom.numerator != 0 else { throw RationalError.zeroDenominator(text) }
      // (a/b)/(c/d) = ad/bc; cross-reducing first keeps the products small.
      let g = greatestCommonDivisor(numerator, bottom.numerator)
      let h = greatestCommonDivisor(denominator, bottom.denominator)
      let (n, nOverflow) = (numerator / g).multipliedReportingOverflow(by: bottom.denominator / h)
      let (d, dOverflow) = (denominator / h).multipliedReportingOverflow(by: bottom.numerator / g)
      guard !nOverflow, !dOverflow else { throw RationalError.tooLarge(text) }
      (numerator, denominator) = (n, d)
    }
    let g = greatestCommonDivisor(numerator, denominator)
    self.init(text: text, numerator: numerator / g, denominator: denominator / g)
  }

  /// The fraction `numerator/denominator`, written so.
  /// - Throws: ``RationalError`` when the numerator is negative or the denominator is not positive.
  public init(_ numerator: Int, over denominator: Int) throws {
    let text = denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)"
    guard numerator >= 0, denominator >= 0 else { throw RationalError.malformed(text) }
    guard denominator > 0 else { throw RationalError.zeroDenominator(text) }
    let g = greatestCommonDivisor(numerator, denominator)
    self.init(text: text, numerator: numerator / g, denominator: denominator / g)
  }

  /// The nearest double (correctly rounded while both parts are below 2⁵³).
  public var value: Double { Double(numerator) / Double(denominator) }

  /// ⌊M·ε⌋, exactly: how many steps of a grid of levels 0…M a pixel may move. Saturates at `Int.max`.
  /// - Precondition: `maximum` is not negative.
  public func floorSteps(of maximum: Int = 255) -> Int {
    let product = UInt(numerator).multipliedFullWidth(by: UInt(maximum))
    guard product.high < UInt(denominator) else { return .max }
    return Int(clamping: UInt(denominator).dividingFullWidth(product).quotient)
  }
}

extension Rational: Comparable, Hashable {
  public static func == (a: Rational, b: Rational) -> Bool {
    a.numerator == b.numerator && a.denominator == b.denominator
  }

  public static func < (a: Rational, b: Rational) -> Bool {
    let left = UInt(a.numerator).multipliedFullWidth(by: UInt(b.denominator))
    let right = UInt(b.numerator).multipliedFullWidth(by: UInt(a.denominator))
    return (left.high, left.low) < (right.high, right.low)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(numerator)
    hasher.combine(denominator)
  }
}

extension Rational: Codable, CustomStringConvertible {
  public var description: String { text }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      try self.init(container.decode(String.self))
    } catch let error as RationalError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// Why a text is not a perturbation size.
public enum RationalError: Error, Equatable, Sendable, CustomStringConvertible {
  case malformed(String)
  case zeroDenominator(String)
  case tooLarge(String)

  public var description: String {
    switch self {
    case .malformed(let text):
      "\"\(text)\" is not a size: write a number ≥ 0 such as 0.1, or a fraction such as 8/255"
    case .zeroDenominator(let text): "\"\(text)\" divides by zero"
    case .tooLarge(let text): "\"\(text)\" has more digits than an exact 64-bit fraction can hold"
    }
  }
}

/// A non-negative decimal such as `12.5e-3` as an exact fraction with a power of ten below.
private struct Decimal64 {
  var numerator = 0
  var denominator = 1

  init(_ text: String, of whole: String) throws {
    let halves = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { throw RationalError.malformed(whole) }
    let mantissa = halves[0].split(separator: ".", omittingEmptySubsequences: false)
    let isDigits = { (part: Substring) in part.utf8.allSatisfy { (48...57).contains($0) } }
    guard mantissa.count <= 2, mantissa.allSatisfy(isDigits), mantissa.contains(where: { !$0.isEmpty }) else {
      throw RationalError.malformed(whole)
    }
    // Trailing zeros behind the point say nothing but would spend digits: 0.1000 is 1/10.
    var decimals = mantissa.count == 2 ? mantissa[1] : ""
    while decimals.last == "0" { decimals.removeLast() }
    for digit in (mantissa[0] + decimals).utf8 {
      try Self.scale(&numerator, in: whole)
      let (sum, overflow) = numerator.addingReportingOverflow(Int(digit - 48))
      guard !overflow else { throw RationalError.tooLarge(whole) }
      numerator = sum
    }
    var power = -decimals.utf8.count
    if halves.count == 2 {
      guard let exponent = Int(halves[1]), !halves[1].isEmpty else { throw RationalError.malformed(whole) }
      guard exponent.magnitude <= 40 else { throw RationalError.tooLarge(whole) }
      power += exponent
    }
    guard numerator != 0 else { return }
    while power < 0 {
      if numerator % 10 == 0 { numerator /= 10 } else { try Self.scale(&denominator, in: whole) }
      power += 1
    }
    while power > 0 {
      try Self.scale(&numerator, in: whole)
      power -= 1
    }
  }

  private static func scale(_ number: inout Int, in whole: String) throws {
    let (product, overflow) = number.multipliedReportingOverflow(by: 10)
    guard !overflow else { throw RationalError.tooLarge(whole) }
    number = product
  }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return max(a, 1)
}
