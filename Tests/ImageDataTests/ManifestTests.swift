import Foundation
import RandomStreams
import Testing

@testable import ImageData

@Suite struct ManifestTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ text: String) throws -> URL {
    try folder.write(Array(text.utf8), to: "manifest.csv")
    return folder.url.appendingPathComponent("manifest.csv")
  }

  @Test func columnsComeInAnyOrder() throws {
    let url = try write("split,label,path\r\ntrain,\"a, b\",x/1.png\r\ntest,c,x/2.PNG\r\n")
    let rows = try Manifest(reading: url).rows
    #expect(
      rows == [
        .init(path: "x/1.png", label: "a, b", split: .train), .init(path: "x/2.PNG", label: "c", split: .test),
      ])
  }

  @Test(arguments: [
    ("path\na.png\n", "line 1: the column label is missing"), ("", "the file is empty"), ("\n\n", "no header in it"),
    ("path,label,weight\n", "line 1: no column is named \"weight\""),
    ("path,label,path\n", "line 1: column path is named twice"), ("path,label\n", "no images are listed"),
    ("path,label\na.png\n", "line 2: 1 fields, and the header names 2 columns"),
    ("path,label\na.png,b,c\n", "line 2: 3 fields, and the header names 2 columns"),
    ("path,label\n/a.png,b\n", "line 2: the path /a.png is absolute"),
    ("path,label\nx/../../a.png,b\n", "line 2: the path x/../../a.png leads upward"),
    ("path,label\nx/..,b\n", "line 2: the path x/.. leads upward"),
    ("path,label\nx//a.png,b\n", "line 2: the path x//a.png has an empty part"),
    ("path,label\n./a.png,b\n", "line 2: the path ./a.png has an empty part"),
    ("path,label\n,b\n", "line 2: an empty path"),
    ("path,label\na.jpg,b\n", "line 2: the path a.jpg does not end in .png"),
    ("path,label\na.png,\n", "line 2: an empty label"), ("path,label,task\na.png,b,\n", "line 2: an empty task"),
    ("path,label,split\na.png,b,validation\n", "line 2: \"validation\" is no split"),
    ("path,label\na.png,b\n\na.png,b\n", "a.png is listed twice, in lines 2 and 4"),
    ("path,label,task\na.png,b,1\na.png,b,2\na.png,b,1\n", "a.png is listed twice, in lines 2 and 4"),
    ("path,label,task\na.png,b,1\na.png,b,2\na.png,b,2\n", "a.png is listed twice, in lines 3 and 4"),
    ("path,label,task\na.png,b,1\na.png,c,2\n", "a.png has two labels, b and c, in lines 2 and 3"),
    ("path,label,split\na.png,b,train\na.png,b,test\n", "a.png is to train on and to test on, in lines 2 and 3"),
    (
      "path,label\na.png,e\u{301}\nb.png,\u{E9}\n",
      "line 3: the label is that of line 2 and differs only in how Unicode writes it"
    ),
    (
      "path,label\ne\u{301}.png,a\n\u{E9}.png,a\n",
      "line 3: the path is that of line 2 and differs only in how Unicode writes it"
    ),
  ])
  func wrongManifestsAreRefused(text: String, reason: String) throws {
    let url = try write(text)
    let error = try dataError { _ = try Manifest(reading: url) }
    #expect(error.reason == reason && error.path == url.path && error.code == .badData)
  }

  @Test func aMissingFileIsNamed() throws {
    #expect(
      try dataError { _ = try Manifest(reading: folder.url.appendingPathComponent("x.csv")) }.code == .noSuchInput)
  }

  @Test func aFileTooLargeIsNotRead() throws {
    let url = try write("path,label\na.png,b\n")
    let file = try FileHandle(forWritingTo: url)
    try file.truncate(atOffset: UInt64(Manifest.maximumBytes) + 1)
    try file.close()
    #expect(try dataError { _ = try Manifest(reading: url) }.reason.contains("at most \(Manifest.maximumBytes)"))
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let names = ["a", "b,c", "d\"e", "f\ng", " h ", "=1", "é", "😀"]
    let url = folder.url.appendingPathComponent("out.csv")
    for seed in 0..<40 {
      let draws = RandomStream(seed: UInt64(seed))
      func pick(_ key: String, _ row: Int) -> String {
        names[draws.stream(key).integer(below: names.count, at: UInt64(row))]
      }
      let (tasks, splits) = (seed % 2 == 0, seed % 3 == 0)
      let rows = (0..<20).map { row in
        Manifest.Row(
          path: "\(pick("folder", row))/\(row).png", label: pick("label", row), task: tasks ? pick("task", row) : nil,
          split: splits ? (row % 2 == 0 ? .train : .test) : nil)
      }
      let manifest = try Manifest(rows: rows)
      try manifest.write(to: url)
      #expect(try Manifest(reading: url) == manifest && manifest.rows == rows, "seed \(seed)")
    }
  }

  @Test func rowsFromMemoryFollowTheSameRules() throws {
    let rows: [[Manifest.Row]] = [
      [], [.init(path: "../a.png", label: "b")], [.init(path: "a.png", label: "b\0")],
      [.init(path: "a.png", label: "b"), .init(path: "c.png", label: "b", split: .train)],
    ]
    for rows in rows { #expect(try dataError { _ = try Manifest(rows: rows) }.path == "manifest") }
  }

  @Test func anyDamageGivesRowsOrAnError() throws {
    let text = Array(
      "path,label,task,split\r\nx/1.png,\"a,b\",t,train\r\nx/2.png,c,t,test\r\nx/1.png,\"a,b\",u,train\r\n".utf8)
    var read = 0
    for seed in 0..<400 {
      let draws = RandomStream(seed: UInt64(seed)).stream("damage")
      var bytes = text
      for change in 0..<1 + draws.integer(below: 4, at: 0) {
        let own = draws.stream(change)
        let at = own.integer(below: bytes.count, at: 0)
        switch own.integer(below: 3, at: 1) {
        case 0: bytes[at] = UInt8(truncatingIfNeeded: own.bits(at: 2))
        case 1: bytes.remove(at: at)
        default: bytes.removeLast(min(own.integer(below: 30, at: 2), bytes.count - 1))
        }
      }
      try folder.write(bytes, to: "manifest.csv")
      do {
        let manifest = try Manifest(reading: folder.url.appendingPathComponent("manifest.csv"))
        #expect(manifest.rows.allSatisfy { !$0.path.hasPrefix("/") && !$0.label.isEmpty }, "seed \(seed)")
        read += 1
      } catch let error as DataError {
        #expect(error.code == .badData && !error.reason.isEmpty, "seed \(seed)")
      }
    }
    #expect(read > 0 && read < 400)
  }
}
