import Foundation
import Testing

@testable import Results

@Suite struct RationalTests {
  @Test(arguments: [
    ("8/255", 8, 255, 8), ("16/255", 16, 255, 16), ("0.1", 1, 10, 25), ("1/10", 1, 10, 25), ("0", 0, 1, 0),
    ("1", 1, 1, 255), (".5", 1, 2, 127), ("2.", 2, 1, 510), ("0.5/255", 1, 510, 0), ("1e-3", 1, 1000, 0),
    ("3E2", 300, 1, 76500), (" 4 / 255 ", 4, 255, 4), ("0.10000000000000000000", 1, 10, 25), ("0/7", 0, 1, 0),
    ("0.03137", 3137, 100_000, 7), ("1.5/0.5", 3, 1, 765),
  ])
  func parses(text: String, numerator: Int, denominator: Int, steps: Int) throws {
    let value = try Rational(text)
    #expect(value.numerator == numerator)
    #expect(value.denominator == denominator)
    #expect(value.floorSteps() == steps)
    #expect(value.text == text.trimmingCharacters(in: .whitespaces))
  }

  @Test(arguments: [
    "", " ", ".", "/", "1/", "/255", "-1", "+1", "-8/255", "1/-2", "8//255", "8/2/5", "0x10", "1e", "1e1e1", "e3",
    "nan", "inf", "8,5", "٣", "1 2", "1/0", "0.5/0.0", "99999999999999999999", "1e40", "1e-40", "1e99999999999",
    "1e-9223372036854775808", "0.12345678901234567891", "1/9223372036854775807e2",
    String(repeating: "1", count: 100_000),
  ])
  func refuses(text: String) {
    #expect(throws: RationalError.self) { try Rational(text) }
  }

  /// The reason for the type: every k/255 is exactly k steps, which doubles and floats do not give.
  @Test func everyGridStepIsExact() throws {
    for k in 0...255 { #expect(try Rational("\(k)/255").floorSteps() == k) }
    #expect(Int((255 * Float(0.03137)).rounded(.down)) == 7)
    #expect(try Rational(8, over: 255) == Rational("8/255"))
  }

  @Test func ordersAndHashesByNumber() throws {
    #expect(try Rational("0.1") == Rational("1/10"))
    #expect(try Set([Rational("0.1"), Rational("1/10"), Rational("10/100")]).count == 1)
    #expect(try Rational("8/255") < Rational("0.0314"))
    #expect(try Rational("0.0313") < Rational("8/255"))
    let close = (try Rational(Int.max - 1, over: Int.max), try Rational(Int.max - 2, over: Int.max - 1))
    #expect(close.1 < close.0, "exact where doubles are equal")
    #expect(close.0.value == close.1.value)
  }

  @Test func isConsistentWithDoublesOnRandomFractions() throws {
    for seed in 0..<2_000 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let (a, b) = (Int(random.next() % 1_000_000), 1 + Int(random.next() % 1_000_000))
      let (c, d) = (Int(random.next() % 1_000_000), 1 + Int(random.next() % 1_000_000))
      let (left, right) = (try Rational("\(a)/\(b)"), try Rational("\(c)/\(d)"))
      #expect((left < right) == (a * d < c * b), "seed \(seed)")
      #expect((left == right) == (a * d == c * b), "seed \(seed)")
      #expect(left.value == Double(a) / Double(b), "seed \(seed)")
      #expect(left.floorSteps() == 255 * a / b, "seed \(seed)")
    }
  }

  @Test func saturatesInsteadOfTrapping() throws {
    #expect(try Rational("\(Int.max)").floorSteps() == Int.max)
    #expect(try Rational(Int.max, over: Int.max).floorSteps() == 255)
  }

  @Test func isCodedAsItsText() throws {
    let data = try JSONEncoder().encode([Rational("8/255"), Rational("0.10")])
    #expect(String(decoding: data, as: UTF8.self).replacing("\\/", with: "/") == #"["8/255","0.10"]"#)
    #expect(try JSONDecoder().decode([Rational].self, from: data).map(\.text) == ["8/255", "0.10"])
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([Rational].self, from: Data(#"["-1"]"#.utf8)) }
  }
}

/// A small generator for property tests: the seed is all there is to print.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
