import Foundation
import Results
import Testing

@testable import Reporting

@Suite struct CSVReportTests {
  /// Every cell of every matrix comes back bit for bit.
  @Test func parsesBackToTheTensor() throws {
    try withFolder { folder in
      let results = try SyntheticRun.make(images: folder)
      let report = Report(results)
      let table = parse(report.csv())
      #expect(table[0] == CSVReport.columns)
      let lines = Dictionary(grouping: table.dropFirst()) { $0[0..<7].joined(separator: "\u{1F}") }
      #expect(lines.values.allSatisfy { $0.count == 1 }, "a cell has one line")
      var cells = 0
      for entry in report.entries {
        for slice in entry.results.accuracy {
          for row in -1..<5 {
            for column in 0..<5 {
              let key = [
                entry.label, slice.key.readout.rawValue, slice.key.measure, slice.key.norm?.rawValue ?? "",
                slice.key.epsilon?.text ?? "", "\(row + 1)", "\(column + 1)",
              ].joined(separator: "\u{1F}")
              guard let figure = row < 0 ? slice.initial[column] : slice.matrix[row][column] else {
                #expect(lines[key] == nil, "what was not measured has no line")
                continue
              }
              let line = try #require(lines[key]?.first)
              #expect(Double(line[7]) == figure)
              #expect(Int(line[8]) == slice.tally(after: row < 0 ? nil : row, on: column)?.correct)
              #expect(Int(line[9]) == slice.tally(after: row < 0 ? nil : row, on: column)?.n)
              #expect(Double(line[10]) == slice.interval(after: row < 0 ? nil : row, on: column)?.low)
              #expect(Double(line[11]) == slice.interval(after: row < 0 ? nil : row, on: column)?.high)
              #expect(line[12] == entry.results.tasks[column].name)
              cells += 1
            }
          }
        }
      }
      #expect(table.count == cells + 1)
    }
  }

  @Test(arguments: [
    ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"), ("  =1", "'  =1"),
    ("\r=1", "'\r=1"), ("plain", "plain"), ("a,b", "a,b"), ("say \"x\"", "say \"x\""), ("two\nlines", "two\nlines"),
    ("a=b", "a=b"), ("", ""), ("ü,中", "ü,中"), ("=HYPERLINK(\"x\",\"y\")", "'=HYPERLINK(\"x\",\"y\")"),
  ])
  func fieldsReadBackHarmless(text: String, expected: String) {
    let table = parse("x,\(Escape.csv(text)),y\n")
    #expect(table == [["x", expected, "y"]])
  }

  /// A reader of RFC 4180, written from the RFC alone.
  private func parse(_ text: String) -> [[String]] {
    var table: [[String]] = []
    var record: [String] = []
    var field = ""
    var quoted = false
    var scalars = Array(text.unicodeScalars)[...]
    while let scalar = scalars.popFirst() {
      switch (scalar, quoted) {
      case ("\"", true) where scalars.first == "\"":
        scalars.removeFirst()
        field += "\""
      case ("\"", _): quoted.toggle()
      case (",", false):
        record.append(field)
        field = ""
      case ("\n", false):
        table.append(record + [field])
        (record, field) = ([], "")
      default: field.unicodeScalars.append(scalar)
      }
    }
    return table
  }
}
