import Foundation
import Testing

/// What a write that fails half-way costs: nothing that was there.
@Suite struct FullDiskTests {
  private static let experiment = """
    data: {folder: images}
    network: {width: 4}
    strategy: {kind: fine-tuning}
    training: {trunkEpochs: 1, epochs: 1, batchSize: 8}
    evaluation: {attacks: [], galleryPerTask: 0, bracketsPerTask: 0}
    compute: {threads: 1}
    """

  /// No file may grow beyond 8 KiB, as if the disk were full: the second lesson's trunk, of 20, cannot be written. The
  /// first lesson's checkpoint stays as it was, and with room again the run ends as if nothing had happened.
  @Test func aFullDiskLeavesThePreviousCheckpoint() async throws {
    try await withTemporaryFolder { folder in
      try BarImages.write(to: folder.appendingPathComponent("images"), classes: 4)
      try Data(Self.experiment.utf8).write(to: folder.appendingPathComponent("e.yaml"))
      let whole = try await Program.run("train", "e.yaml", "--out", "run", "--json", in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      let run = folder.appendingPathComponent("run")
      let expected = try bytes(run.appendingPathComponent("checkpoints"))
      try endAfterLessonOne(run)
      let kept = try bytes(run.appendingPathComponent("checkpoints"))
      #expect(!kept.isEmpty && kept.count < expected.count)

      let full = try await Program.run(
        "train", "e.yaml", "--out", "run", "--resume", in: folder, largestFile: 8 << 10)
      #expect(full.status == 74, "\(full.status): \(full.errors)")
      #expect(full.errors.contains("trunk.safetensors") && full.errors.contains("File too large"), "\(full.errors)")
      #expect(try bytes(run.appendingPathComponent("checkpoints")) == kept)

      let resumed = try await Program.run("train", "e.yaml", "--out", "run", "--resume", "--json", in: folder)
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try bytes(run.appendingPathComponent("checkpoints")) == expected)
      #expect(try withoutSeconds(resumed) == withoutSeconds(whole))
    }
  }

  /// The run as it was when the first lesson's checkpoint had just been written.
  private func endAfterLessonOne(_ run: URL) throws {
    let manager = FileManager.default
    let checkpoints = run.appendingPathComponent("checkpoints")
    for name in try manager.contentsOfDirectory(atPath: checkpoints.path) where !name.hasPrefix("lesson-001") {
      try manager.removeItem(at: checkpoints.appendingPathComponent(name))
    }
    for name in ["results.json", "report.html", "report.md", "report.csv", "networks"] {
      try manager.removeItem(at: run.appendingPathComponent(name))
    }
  }

  /// Every tensor file of the checkpoints, by path; what an interrupted write left under a temporary name does not
  /// count.
  private func bytes(_ checkpoints: URL) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for folder in try FileManager.default.contentsOfDirectory(atPath: checkpoints.path) where !folder.hasPrefix(".") {
      let place = checkpoints.appendingPathComponent(folder)
      for name in try FileManager.default.contentsOfDirectory(atPath: place.path) where name.hasSuffix(".safetensors") {
        files["\(folder)/\(name)"] = try Data(contentsOf: place.appendingPathComponent(name))
      }
    }
    return files
  }

  private func withoutSeconds(_ outcome: Program.Outcome) throws -> NSDictionary {
    var object = try outcome.object()
    object["seconds"] = nil
    return object as NSDictionary
  }
}
