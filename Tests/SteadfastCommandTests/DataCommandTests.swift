import Foundation
import Testing

/// Every subcommand of `data`, on folders of a few images.
@Suite struct DataCommandTests {
  private static let labels: [(name: String, values: [UInt8])] = [
    ("train", [0, 1, 2, 1, 0, 2, 2]), ("t10k", [2, 0, 1]),
  ]

  /// A set in IDX, written by the letter of its description.
  private func writeIDX(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, values) in Self.labels {
      let count = UInt8(values.count)
      let pixels = (0..<values.count * 12).map { UInt8($0 * 7 % 251) }
      try Data([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 4, 0, 0, 0, 3] + pixels)
        .write(to: folder.appendingPathComponent("\(name)-images-idx3-ubyte"))
      try Data([0, 0, 8, 1, 0, 0, 0, count] + values)
        .write(to: folder.appendingPathComponent("\(name)-labels-idx1-ubyte"))
    }
  }

  @Test func whatIsImportedIsExportedAsItWas() async throws {
    try await withTemporaryFolder { folder in
      let source = folder.appendingPathComponent("idx")
      try writeIDX(to: source)
      let dry = try await Program.run("data", "import", "idx", "--out", "images", "--dry-run", "--json", in: folder)
      #expect(dry.status == 0, "\(dry.errors)")
      #expect(try dry.object()["written"] is NSNull)
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("images").path))

      let imported = try await Program.run("data", "import", "idx", "--out", "images", "--json", in: folder)
      let plan = try imported.object()
      #expect(plan["schema"] as? String == "steadfast.import/1" && plan["format"] as? String == "IDX")
      #expect((plan["out"] as? String)?.hasSuffix("/images") == true)
      #expect((plan["written"] as? [String: Double])?.keys.sorted() == ["seconds"])
      #expect((plan["sets"] as? [[String: Any]])?.map { $0["images"] as? Int } == [7, 3])

      let exported = try await Program.run(
        "data", "export", "images", "--as", "idx", "--out", "back", "--json", in: folder)
      #expect(exported.status == 0, "\(exported.errors)")
      let summary = try exported.object()
      #expect(summary["schema"] as? String == "steadfast.export/1")
      #expect((summary["shape"] as? [String: Int]) == ["height": 4, "width": 3, "channels": 1, "depth": 8])
      for file in try FileManager.default.contentsOfDirectory(atPath: source.path) {
        let back = folder.appendingPathComponent("back/\(file)")
        #expect(try Data(contentsOf: back) == Data(contentsOf: source.appendingPathComponent(file)), "\(file)")
      }

      let small = try await Program.run(
        "data", "export", "images", "--as", "npz", "--out", "small.npz", "--size", "2x5", "--form", "rgb", "--depth",
        "16", "--json", in: folder)
      #expect(
        try small.object()["shape"] as? [String: Int] == ["height": 2, "width": 5, "channels": 3, "depth": 16],
        "\(small.errors)")
      // Only arrays that are named are read.
      let words = ["data", "import", "small.npz", "--out", "again", "--layout", "nhwc", "--json"]
      let named = try await Program.run(words + ["--arrays", "test=x_train,y_train"], in: folder)
      #expect(named.status == 0, "\(named.errors)")
      #expect(try (named.object()["sets"] as? [[String: Any]])?.map { $0["images"] as? Int } == [7])
    }
  }

  @Test func timeBelowTenSecondsHasTwoDigits() async throws {
    try await withTemporaryFolder { folder in
      try writeIDX(to: folder.appendingPathComponent("idx"))
      let text = try await Program.run("data", "import", "idx", "--out", "images", in: folder).output
      #expect(text.contains(/wrote 10 images in 0\.\d+ s \(\d+ images\/s\)/), "\(text)")
    }
  }

  /// Class names without numbers leave labels to the order of names: the table says which.
  @Test func exportSaysLabelsThatNamesDoNot() async throws {
    try await withTemporaryFolder { folder in
      try BarImages.write(to: folder.appendingPathComponent("images"), classes: 2)
      let outcome = try await Program.run("data", "export", "images", "--as", "npy", "--out", "arrays", in: folder)
      #expect(outcome.status == 0 && outcome.output.contains(/class-1 +1\n/), "\(outcome.output)\(outcome.errors)")
      let again = try await Program.run("data", "export", "images", "--as", "npy", "--out", "arrays", in: folder)
      #expect(again.status != 0 && again.errors.contains("arrays"))
    }
  }

  @Test func splitGivesEachSideItsShare() async throws {
    try await withTemporaryFolder { folder in
      for label in 0..<2 { try BarImages.write(to: folder.appendingPathComponent("all/class-\(label)"), label, 6) }
      let outcome = try await Program.run(
        "data", "split", "all", "--out", "split", "--test", "0.5", "--json", in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let summary = try outcome.object()
      #expect(summary["schema"] as? String == "steadfast.split/1")
      #expect((summary["out"] as? String)?.hasSuffix("/split") == true)
      let classes = try #require(summary["classes"] as? [[String: Any]])
      #expect(classes.map { [$0["train"] as? Int, $0["test"] as? Int] } == [[3, 3], [3, 3]])
      #expect(outcome.errors.contains("divide all: "), "\(outcome.errors)")
    }
  }

  @Test func degradingMakesDomains() async throws {
    try await withTemporaryFolder { folder in
      try BarImages.write(to: folder.appendingPathComponent("images"), classes: 2)
      let outcome = try await Program.run(
        "data", "degrade", "images", "--out", "domains", "none", "fog/1", "--json", in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let summary = try outcome.object()
      #expect(summary["schema"] as? String == "steadfast.degrade/1" && summary["images"] as? Int == 24)
      #expect(summary["domains"] as? [String] == ["none", "fog-1"])
      #expect((summary["out"] as? String)?.hasSuffix("/domains") == true)
      let inspected = try await Program.run("data", "inspect", "domains", "--json", in: folder)
      #expect(try inspected.object()["domains"] as? [String] == ["fog-1", "none"])
    }
  }

  @Test func tasksListsWhatIsLeftOutAndCacheWhatIsKept() async throws {
    try await withTemporaryFolder { folder in
      let caches = ["XDG_CACHE_HOME": folder.appendingPathComponent("caches").path]
      try BarImages.write(to: folder.appendingPathComponent("images"), classes: 4)
      try Data("text".utf8).write(to: folder.appendingPathComponent("images/train/class-0/bad.png"))
      try Data("data: {folder: images, storage: cache}".utf8).write(to: folder.appendingPathComponent("e.yaml"))
      let tasks = try await Program.run("data", "tasks", "e.yaml", "--json", in: folder, environment: caches)
      #expect(tasks.status == 0, "\(tasks.errors)")
      let record = try tasks.object()
      #expect(record["schema"] as? String == "steadfast.tasks/1" && record["kind"] as? String == "class-split")
      #expect((record["tasks"] as? [Any])?.count == 2)
      let skipped = try #require(record["skipped"] as? [[String: String]])
      #expect(skipped.map { $0["path"] } == ["train/class-0/bad.png"])
      let text = try await Program.run("data", "tasks", "e.yaml", in: folder, environment: caches)
      #expect(text.output.contains("left out: 1 file\n  train/class-0/bad.png: "), "\(text.output)")

      let listed = try await Program.run("data", "cache", "--json", in: folder, environment: caches).object()
      #expect(listed["schema"] as? String == "steadfast.cache/1" && listed["deleted"] is NSNull)
      #expect((listed["files"] as? [[String: Any]])?.map { $0["count"] as? Int } == [48])
      let cleared = try await Program.run("data", "cache", "--clear", "--json", in: folder, environment: caches)
      #expect(try cleared.object()["deleted"] as? Int == 1)

      for command in [["data", "tasks"], ["train"]] {
        let refused = try await Program.run(command + ["images"], in: folder)
        #expect(refused.status == 65, "\(refused.errors)")
        #expect(refused.errors.contains("images: a folder, not a configuration file"), "\(refused.errors)")
      }
    }
  }

  @Test func aSheetOverwritesNothing() async throws {
    try await withTemporaryFolder { folder in
      try BarImages.write(to: folder.appendingPathComponent("images"), classes: 2)
      let words = ["data", "inspect", "images", "--sheet"]
      let drawn = try await Program.run(words + ["sheet.png", "--json"], in: folder)
      #expect(drawn.status == 0, "\(drawn.errors)")
      let sheet = URL(fileURLWithPath: try #require(drawn.object()["sheet"] as? String))
      let picture = try Data(contentsOf: sheet)
      #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      #expect(try await Program.run(words + ["text.png"], in: folder).output.contains("\nsheet: /"))

      let own = folder.appendingPathComponent("images/test/class-0/0.png")
      let stored = try Data(contentsOf: own)
      for target in ["sheet.png", "images/test/class-0/0.png", "images"] {
        let refused = try await Program.run(words + [target], in: folder)
        #expect(refused.status == 64 && refused.errors.contains("there already"), "\(refused.errors)")
        #expect(refused.output.isEmpty && !refused.errors.contains("read images"))
      }
      #expect(try Data(contentsOf: own) == stored && Data(contentsOf: sheet) == picture)
      #expect(try await Program.run(words + ["nowhere/sheet.png"], in: folder).status == 74)
      #expect(try await Program.run(words + ["sheet.png/sheet.png"], in: folder).status == 74)
      let without = try await Program.run("data", "inspect", "images", "--json", in: folder)
      #expect(try without.object()["sheet"] is NSNull)
    }
  }

  /// Images of two sizes are refused, but not where a configuration would bring them to one.
  @Test func inspectJudgesAsAConfigurationWould() async throws {
    try await withTemporaryFolder { folder in
      let images = folder.appendingPathComponent("images")
      try BarImages.write(to: images, classes: 2)
      try Data(GrayPNG.bytes(level: 9)).write(to: images.appendingPathComponent("train/class-0/small.png"))
      let mixed = try await Program.run("data", "inspect", "images", in: folder)
      #expect(mixed.status == 65 && mixed.errors.contains("images of mixed size"), "\(mixed.errors)")
      let sized = try await Program.run("data", "inspect", "images", "--size", "4x4", "--form", "gray", in: folder)
      #expect(sized.status == 0, "\(sized.errors)")
      try Data("text".utf8).write(to: images.appendingPathComponent("train/class-0/bad.png"))
      let strict = try await Program.run("data", "inspect", "images", "--size", "4x4", "--strict", in: folder)
      #expect(strict.status == 65 && strict.errors.contains("1 file left out"), "\(strict.errors)")
    }
  }

  @Test func whatCannotBeReachedIsNotMissing() async throws {
    try await withTemporaryFolder { folder in
      let missing = try await Program.run("data", "cache", "--folder", "missing", in: folder)
      #expect(missing.status == 66 && missing.errors.contains("missing: no such file or folder"))
      let loop = folder.appendingPathComponent("loop")
      try FileManager.default.createSymbolicLink(atPath: loop.path, withDestinationPath: "loop")
      #expect(try await Program.run("data", "inspect", "loop", in: folder).status == 74)
      // The superuser may read everything.
      guard geteuid() != 0 else { return }
      let closed = folder.appendingPathComponent("closed")
      try FileManager.default.createDirectory(at: closed, withIntermediateDirectories: false)
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: closed.path)
      let refused = try await Program.run("data", "inspect", "closed/images", in: folder)
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: closed.path)
      #expect(refused.status == 74 && refused.errors.contains("permission denied"), "\(refused.errors)")
    }
  }
}
