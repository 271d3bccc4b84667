import Foundation
import Testing

@testable import Results

@Suite struct StudyFileTests {
  private func record() -> StudyRecord {
    StudyRecord(
      name: "total-variation", title: "t/1", claim: "c", method: "m",
      criteria: [
        .init(statement: "s", outcome: .notMet, detail: "d"),
        .init(statement: "s2", kind: .check, outcome: .met, detail: "é\n\""),
      ],
      findings: [
        .init(name: "f", value: 0.1, interval: Interval(low: -1, high: 1e-300), unit: "%"),
        .init(name: "g", value: .infinity), .init(name: "h", value: -.infinity),
      ],
      figures: [
        StudyFigure(
          title: "F", x: .init("x", .logarithmic), y: .init("y"),
          series: [.init(name: "a", points: [.init(x: 1, y: 2, band: Interval(low: 1, high: 3)), .init(x: 2, y: 3)])])
      ], conditions: "k", scale: "quick", seeds: [0, .max], seconds: 1.25, peakMemory: 1 << 40)
  }

  @Test func readsBackWhatItWrote() throws {
    let record = record()
    let json = try record.json()
    #expect(try StudyRecord(json: json) == record)
    #expect(try record.json() == json, "equal records, equal bytes")
    let text = String(decoding: json, as: UTF8.self)
    #expect(text.contains("\"schema\": \"steadfast.study/1\"") && text.contains("\"not met\""))
    #expect(text.contains("\"kind\": \"evidence\"") && text.contains("\"kind\": \"check\""))
    #expect(text.contains("\"value\": \"inf\"") && text.contains("\"title\": \"t/1\""))
    let keys = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any]).keys
    #expect(keys.sorted().map { text.range(of: "\n  \"\($0)\"")?.lowerBound }.allSatisfy { $0 != nil })
    let places = keys.sorted().compactMap { text.range(of: "\n  \"\($0)\"")?.lowerBound }
    #expect(places == places.sorted(), "keys are sorted")
  }

  @Test func notANumberComesBackAsOne() throws {
    var record = record()
    record.findings = [.init(name: "n", value: .nan)]
    #expect(try StudyRecord(json: record.json()).findings[0].value.isNaN)
  }

  @Test func whatCannotBeWrittenIsNamed() {
    var record = record()
    record.figures[0].series[0].points[1].y = .nan
    #expect(throws: ResultsError.notFinite(path: "figures[0].series[0].points[1].y")) { try record.json() }
  }

  @Test func damageIsNamed() throws {
    let text = String(decoding: try record().json(), as: UTF8.self)
    func read(_ old: String, _ new: String) throws {
      #expect(text.contains(old))
      _ = try StudyRecord(json: Data(text.replacingOccurrences(of: old, with: new).utf8), file: "f.json")
    }
    #expect(
      throws: ResultsError.unknownSchema(file: "f.json", found: "steadfast.study/2", expected: "steadfast.study/1")
    ) { try read("steadfast.study/1", "steadfast.study/2") }
    #expect(throws: ResultsError.malformed(file: "f.json", path: "claim", reason: "the field is missing")) {
      try read("\"claim\"", "\"clain\"")
    }
    #expect {
      try read("\"inf\"", "\"many\"")
    } throws: { error in
      guard case ResultsError.malformed("f.json", "findings[1].value", _) = error else { return false }
      return true
    }
    #expect {
      try read("\"total-variation\"", "\"../../evil\"")
    } throws: { error in
      guard case ResultsError.malformed("f.json", "name", _) = error else { return false }
      return true
    }
    #expect(throws: ResultsError.self) { try StudyRecord(json: Data(text.utf8.prefix(200)), file: "f.json") }
    #expect(
      ResultsError.unknownSchema(file: "f", found: "x", expected: "steadfast.study/1").description
        .hasSuffix("expected \"steadfast.study/1\""))
  }

  @Test func filesAreLimited() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: url) }
    #expect {
      try StudyRecord(contentsOf: url)
    } throws: {
      guard case ResultsError.unreadable = $0 else { return false }
      return true
    }
    try record().json().write(to: url)
    #expect(try StudyRecord(contentsOf: url) == record())
    let handle = try FileHandle(forWritingTo: url)
    try handle.truncate(atOffset: UInt64(StudyRecord.largestFile + 1))
    try handle.close()
    #expect(
      throws: ResultsError.tooLarge(
        file: url.path, bytes: StudyRecord.largestFile + 1, limit: StudyRecord.largestFile)
    ) { try StudyRecord(contentsOf: url) }
  }

  @Test func namesAreHarmless() {
    for name in ["a", "total-variation", "euler2"] { #expect(StudyRecord.isName(name)) }
    for name in ["", "A", "-a", "2a", "a/b", "a b", "é", "a\u{301}", String(repeating: "a", count: 61)] {
      #expect(!StudyRecord.isName(name), "\(name)")
    }
  }

  @Test func slipsFindTheNearestName() {
    let names = ["lesion", "spectrum", "pre-post"]
    #expect(NearestName.find("leison", among: names) == "lesion")
    #expect(NearestName.find("SPECTRUM", among: names) == "spectrum")
    #expect(NearestName.find("boosting", among: names) == nil)
  }
}
