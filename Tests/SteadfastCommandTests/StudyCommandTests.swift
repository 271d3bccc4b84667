import Foundation
import Testing

/// `steadfast study` before anything is run.
@Suite struct StudyCommandTests {
  @Test func withoutANameEachStudyIsALine() async throws {
    let listed = try await Program.run("study")
    let studies = try #require(try await Program.run("study", "--json").object()["studies"] as? [[String: Any]])
    let lines = listed.output.split(separator: "\n")
    #expect(listed.status == 0 && lines.count == studies.count && studies.count > 20)
    for (line, study) in zip(lines, studies) {
      let (name, title) = (study["name"] as? String ?? "?", study["title"] as? String ?? "?")
      #expect(line.hasPrefix(name + " ") && line.hasSuffix(" " + title), "\(line)")
      #expect(study["claim"] is String && study["conditions"] is String)
      let criteria = try #require(study["criteria"] as? [[String: String]])
      #expect(criteria.allSatisfy { $0["statement"] != nil && ["evidence", "check"].contains($0["kind"]) })
    }
  }

  @Test func aStudyIsDescribedWithoutBeingRun() async throws {
    let described = try await Program.run("study", "euler", "--describe")
    #expect(described.status == 0 && described.output.hasPrefix("euler ") && described.output.contains("– "))
    #expect(described.output.contains("– Check of the mathematics: Linear fields"), "what is no evidence says so")
    #expect(try await Program.run("study", "eular", "--describe").status == 64)
  }

  @Test func oneThreadIsTheDefault() async throws {
    let help = try await Program.run("study", "--help").output.split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    #expect(help.contains("Networks of this size train faster on one") && help.contains("(default: 1)"), "\(help)")
  }

  /// Before the work, not behind it.
  @Test func aFolderThatCannotBeMadeEndsItAtOnce() async throws {
    try await withTemporaryFolder { folder in
      try Data("x".utf8).write(to: folder.appendingPathComponent("file"))
      let refused = try await Program.run("study", "--all", "--out", "file/results", in: folder)
      #expect(refused.status == 74 && refused.errors.contains("file/results"), "\(refused.errors)")
    }
  }
}
