import Foundation
import Testing

/// `bench scale`, whose runs are processes of their own.
@Suite struct ScaleCommandTests {
  @Test func wholeRunsAreMeasuredAndFitted() async throws {
    try await withTemporaryFolder { folder in
      let outcome = try await Program.run(
        "bench", "scale", "--tasks", "2,1", "--images", "", "--ranks", "", "--json",
        environment: ["TMPDIR": folder.path])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let object = try outcome.object()
      #expect(object["schema"] as? String == "steadfast.bench-scale/1" && object["skipped"] == nil)
      let rows = try #require(object["rows"] as? [[String: Any]])
      #expect(rows.map { $0["size"] as? Int } == [1, 2] && rows.allSatisfy { $0["growing"] as? String == "tasks" })
      let growth = try #require((object["growth"] as? [[String: Any]])?.first)
      for (name, column) in [("time", "seconds"), ("memory", "peakMemory")] {
        let values = rows.compactMap { ($0[column] as? NSNumber)?.doubleValue }
        try #require(values.count == 2 && values.allSatisfy { $0 > 0 })
        // Through two points there is one power.
        let exponent = try #require((growth[name] as? [String: Any])?["exponent"] as? Double)
        #expect(abs(exponent - log2(values[1] / values[0])) < 1e-9)
      }
      let peaks = rows.compactMap { $0["peakMemory"] as? Int }
      #expect(peaks.allSatisfy { (30 << 20..<4 << 30).contains($0) }, "bytes of a process with libtorch: \(peaks)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty, "nothing is left behind")
    }
  }

  @Test(arguments: [
    ["--tasks", "0"], ["--tasks", "5,x"], ["--images", "99"], ["--ranks", "1025"], ["--repeat", "0"],
  ])
  func sizesThatAreNone(words: [String]) async throws {
    let outcome = try await Program.run(["bench", "scale"] + words)
    #expect(outcome.status == 64 && outcome.errors.contains(words[0]), "\(outcome.errors)")
  }
}
