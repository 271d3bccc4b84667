import Foundation
import RandomStreams
import Testing

@testable import ImageData

@Suite struct ManifestCSVTests {
  /// From the csv module of Python (Tools/oracles/manifest.py).
  private struct Golden: Decodable {
    struct Case: Decodable {
      let text: String
      let records: [[String]]
    }

    let written: [Case]
    let mutated: [Case]
  }

  private static func golden() throws -> Golden {
    try JSONDecoder().decode(Golden.self, from: Data(contentsOf: fixture("manifest_csv.json")))
  }

  private func records(_ bytes: some Sequence<UInt8>) throws -> [[String]] {
    var records: [[String]] = []
    try Array(bytes).withUnsafeBytes { try CSV.read($0, path: "x.csv") { records.append($1) } }
    return records
  }

  @Test func readsWhatPythonWrites() throws {
    let cases = try Self.golden().written
    #expect(cases.count >= 100)
    for item in cases {
      #expect(try records(item.text.utf8) == item.records, "\(item.text.debugDescription)")
      #expect(try records([0xEF, 0xBB, 0xBF] + item.text.utf8) == item.records, "\(item.text.debugDescription)")
    }
  }

  @Test func whatItAcceptsItReadsAsPython() throws {
    let cases = try Self.golden().mutated
    var refused = 0
    for item in cases {
      do {
        #expect(try records(item.text.utf8) == item.records, "\(item.text.debugDescription)")
      } catch let error as DataError {
        // Only what RFC 4180 does not have, and Python guesses at: quotes inside bare fields, and lone returns.
        #expect(error.reason.contains("quote") || error.reason.contains("carriage return"), "\(error)")
        refused += 1
      }
    }
    #expect(refused > 0 && refused < cases.count)
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let pieces = ["a", ",", "\"", "\n", "\r\n", "\r", " ", "é", "=SUM(A1)", "\u{FEFF}", "'", "😀"]
    for seed in 0..<300 {
      let draws = RandomStream(seed: UInt64(seed))
      let width = 1 + draws.integer(below: 4, at: 0)
      let rows = (0..<3).map { row in
        (0..<width).map { column in
          let own = draws.stream(row).stream(column)
          return (0..<own.integer(below: 5, at: 0)).map { pieces[own.integer(below: pieces.count, at: UInt64($0 + 1))] }
            .joined()
        }
      }
      #expect(try records(rows.map(CSV.line).joined().utf8) == rows, "seed \(seed)")
    }
  }

  @Test(arguments: [
    ("a,b\nc,d\ne,\0\n", "line 3: a NUL byte"), ("a\n\"b\0\"\n", "line 2: a NUL byte"),
    ("a\n\nb,\"c", "line 3: a quote that is never closed"), ("a\rb", "line 1: a carriage return without a line feed"),
    ("a\n\"b\"c", "line 2: text after a closing quote"),
    ("\"a\n\n\"\nb\"c", "line 4: a quote inside a field that does not begin with one"),
    ("a\n" + String(repeating: ",", count: 64), "line 2: more than 64 fields"),
    ("a\n" + String(repeating: "x", count: 4097), "line 2: a field of more than 4096 bytes"),
    ("a\n\"" + String(repeating: "x", count: 4097) + "\"", "line 2: a field of more than 4096 bytes"),
  ])
  func wrongTextIsRefusedWithItsLine(text: String, reason: String) throws {
    #expect(try dataError { _ = try records(text.utf8) }.reason == reason)
  }

  @Test func textThatIsNotUTF8IsRefused() throws {
    for bytes in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]] {
      #expect(try dataError { _ = try records(Array("a\n".utf8) + bytes) }.reason == "line 2: text that is not UTF-8")
    }
  }

  @Test func linesAndLimits() throws {
    var lines: [Int] = []
    try Array("\n\na\r\n\"b\n\"\n\nc".utf8).withUnsafeBytes {
      try CSV.read($0, path: "") { line, _ in lines.append(line) }
    }
    #expect(lines == [3, 4, 7])
    #expect(try records("".utf8).isEmpty && records([0xEF, 0xBB, 0xBF, 10]).isEmpty)
    let long = String(repeating: "x", count: 4096)
    #expect(try records((long + String(repeating: ",", count: 63)).utf8) == [[long] + Array(repeating: "", count: 63)])
  }

  @Test func anyBytesGiveRecordsOrAnError() throws {
    let alphabet = Array("a,\"\r\n\0p.".utf8) + [0xC3, 0xA9, 0xFF, 0xEF, 0xBB, 0xBF]
    for seed in 0..<2000 {
      let draws = RandomStream(seed: UInt64(seed)).stream("bytes")
      let bytes = (0..<draws.integer(below: 40, at: 0)).map {
        alphabet[draws.integer(below: alphabet.count, at: UInt64($0 + 1))]
      }
      do {
        for record in try records(bytes) {
          #expect(!record.isEmpty && !record.joined().utf8.contains(0), "seed \(seed)")
        }
      } catch let error as DataError {
        #expect(error.code == .badData && error.reason.hasPrefix("line "), "seed \(seed): \(error)")
      }
    }
  }
}
