import Foundation
import Testing

/// What commands on a run take for its images.
@Suite struct RunDataTests {
  /// The tasks of a permuted run differ in nothing but the order of pixels, which holds for images from elsewhere, too.
  @Test func imagesFromElsewhereAreSeenAsTheTaskSeesThem() async throws {
    try await withTemporaryFolder { folder in
      let images = folder.appendingPathComponent("images")
      try BarImages.write(to: images, classes: 2)
      try BarImages.write(to: folder.appendingPathComponent("elsewhere"), classes: 2)
      try await train("{folder: images, stream: {kind: permuted, tasks: 2}}", in: folder)

      let own = try await attack([], saving: "own", in: folder)
      let other = try await attack(["--data", "elsewhere"], saving: "other", in: folder)
      for outcome in [own, other] {
        let rows = try #require(outcome.object()["rows"] as? [[String: Any]])
        #expect(rows.map { $0["task"] as? Int } == [1, 1, 2, 2])
        #expect(rows[0]["network"] as? String != rows[2]["network"] as? String, "\(rows)")
      }
      #expect(try own.object()["rows"] as? NSArray == other.object()["rows"] as? NSArray)
      func picture(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }
      #expect(try picture("own/2-clean-00000.png") == picture("other/2-clean-00000.png"))
      #expect(try picture("other/1-clean-00000.png") != picture("other/2-clean-00000.png"))

      let words = ["lipschitz", "run", "--data", "elsewhere", "--brackets", "0", "--json"]
      let networks = try #require(
        try await Program.run(words, in: folder).object()["networks"] as? [[String: Any]])
      #expect(networks.map { $0["task"] as? Int } == [1, 2])
      #expect(Set(networks.compactMap { $0["name"] as? String }).count == 2)

      try Data(GrayPNG.bytes(side: 8, pixels: (0..<64).map { UInt8($0) }))
        .write(to: images.appendingPathComponent("test/class-0/new.png"))
      for command in ["attack", "lipschitz"] {
        let refused = try await Program.run(command, "run", in: folder)
        #expect(refused.status == 65 && refused.errors.contains("test images"), "\(refused.errors)")
      }
    }
  }

  /// Classes of a sequence are called FOLDER/CLASS; one folder of images has them without.
  @Test func aSequenceIsJudgedOnOneFolder() async throws {
    try await withTemporaryFolder { folder in
      for name in ["a", "b"] { try BarImages.write(to: folder.appendingPathComponent(name), classes: 2) }
      try await train("{stream: {kind: sequence, folders: [a, b]}}", in: folder)
      let outcome = try await attack(["--data", "a"], saving: "pictures", in: folder)
      let rows = try #require(outcome.object()["rows"] as? [[String: Any]])
      #expect(rows.map { $0["task"] as? Int } == [1, 1, 2, 2])
    }
  }

  /// What a journal keeps is recognised by another process.
  @Test func aJournalIsReadByAnotherProcess() async throws {
    try await withTemporaryFolder { folder in
      try BarImages.write(to: folder.appendingPathComponent("images"), classes: 2)
      try await train("{folder: images}", in: folder)
      let words = ["attack", "run", "--attack", "pgd", "--eps", "8/255", "--journal", "found.jsonl", "--json"]
      let first = try await Program.run(words, in: folder)
      let kept = try Data(contentsOf: folder.appendingPathComponent("found.jsonl"))
      let second = try await Program.run(words, in: folder)
      #expect(first.status == 0 && second.status == 0, "\(first.errors) \(second.errors)")
      #expect(second.output == first.output)
      #expect(try Data(contentsOf: folder.appendingPathComponent("found.jsonl")) == kept)

      let holder = try FileHandle(forUpdating: folder.appendingPathComponent("found.jsonl"))
      #expect(flock(holder.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
      let third = try await Program.run(words, in: folder)
      #expect(
        third.status == 74 && third.errors.contains("found.jsonl: is in use by another process"), "\(third.errors)")
      try holder.close()
    }
  }

  private func train(_ data: String, in folder: URL) async throws {
    let experiment = """
      name: tiny
      data: \(data)
      network: {width: 4}
      training: {trunkEpochs: 1, epochs: 1, batchSize: 8}
      evaluation: {batchSize: 16, attacks: [], galleryPerTask: 0, bracketsPerTask: 0}
      compute: {threads: 1}
      """
    try Data(experiment.utf8).write(to: folder.appendingPathComponent("e.yaml"))
    let outcome = try await Program.run("train", "e.yaml", "--out", "run", in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  private func attack(_ words: [String], saving: String, in folder: URL) async throws -> Program.Outcome {
    let all = ["attack", "run", "--attack", "fgsm", "--eps", "8/255", "--save-images", saving, "--json"]
    let outcome = try await Program.run(all + words, in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }
}
