import Foundation
import Testing

@Suite struct CommandTests {
  @Test func helpTeachesEveryCommand() async throws {
    let help = try await Program.run("--help")
    #expect(help.status == 0)
    let commands = [
      "demo", "train", "evaluate", "attack", "lipschitz", "verify", "report", "data", "config", "bench",
    ]
    for command in commands {
      #expect(help.output.contains("  \(command) "))
      let own = try await Program.run(command, "--help")
      #expect(own.status == 0 && own.errors.isEmpty)
      #expect(own.output.contains("USAGE: steadfast \(command)"), "\(own.output)")
    }
    #expect(help.output.contains("130 interrupted"))
    let version = try await Program.run("--version")
    #expect(version.status == 0 && version.output.split(separator: ".").count == 3)
  }

  @Test(arguments: [
    ["trian"], ["train"], ["train", "x.yaml", "--bogus"], ["train", "x.yaml", "--resume", "--force"],
    ["attack", "x", "--eps", "8/0"], ["attack", "x", "--eps", "2"], ["attack", "x", "--attack", "cw", "--norm", "l1"],
    ["attack", "x", "--attack", "magic"], ["lipschitz", "x", "--eps", "-1"], ["bench", "everything"],
    ["bench", "--seconds", "-3"], ["report"], ["data", "inspect"], ["report", "a", "b"],
    ["evaluate", "x", "--turns", "200"], ["evaluate", "x", "--draws", "3"], ["evaluate", "x", "--severities", "1"],
    ["evaluate", "x", "--corruptions", "5", "--severities", "6"],
    ["attack", "x", "--corruptions", "5", "--corruption-kinds", "mist"],
    ["report", "a", "--fail-under", "averageAccuracy"], ["evaluate", "x", "--fail-under", "forgetting=0.1"],
    ["train", "x.yaml", "--fail-under", "accuracy=1"], ["lipschitz", "x", "--brackets=-1"],
    ["lipschitz", "x", "--lower-images", "0"], ["lipschitz", "x", "--lower-images=-5"],
    ["attack", "x", "--save-count=-1"],
    ["data", "split", "x", "--out", "y", "--test", "1.5"], ["data", "split", "x", "--out", "y", "--test", "1"],
    ["data", "split", "x", "--out", "y", "--test", "0.5", "--train", "0.6"],
    ["data", "degrade", "x", "--out", "y", "fog/6"], ["data", "degrade", "x", "--out", "y", "mist/1"],
    ["data", "degrade", "x", "--out", "y", "fog/2", "fog"],
    ["data", "export", "x", "--as", "npz", "--out", "y", "--depth", "9"],
    ["data", "inspect", "x", "--size", "32"], ["data", "inspect", "x", "--size", "0x4"],
    ["data", "import", "x", "--out", "y", "--arrays", "images"],
  ])
  func wrongUsageIs64(_ arguments: [String]) async throws {
    let outcome = try await Program.run(arguments)
    #expect(outcome.status == 64, "\(outcome.errors)")
    #expect(outcome.output.isEmpty && outcome.errors.contains("Error:"), "\(outcome.errors)")
  }

  @Test(arguments: ["train", "evaluate", "attack", "lipschitz", "verify", "report", "data inspect", "config show"])
  func missingInputIs66(_ command: String) async throws {
    try await withTemporaryFolder { folder in
      let words = command.split(separator: " ").map(String.init)
      let outcome = try await Program.run(words + ["nowhere", "--json"], in: folder)
      #expect(outcome.status == 66)
      #expect(outcome.errors.contains("nowhere: no such file or folder"))
      let object = try outcome.object()
      #expect(object["schema"] as? String == "steadfast.error/1")
      #expect(object["exitStatus"] as? Int == 66)
      #expect(object["message"] as? String == "nowhere: no such file or folder")
    }
  }

  #if !MPI
    @Test func severalProcessesNeedMPI() async throws {
      let outcome = try await Program.run("attack", "x", environment: ["OMPI_COMM_WORLD_SIZE": "4"])
      #expect(outcome.status == 69 && outcome.errors.contains("--traits MPI"), "\(outcome.errors)")
    }
  #endif

  @Test func aDeviceThatIsNotThereIs69AndNoDeviceAtAll64() async throws {
    let absent = try await Program.run("bench", "matmul", "--device", "cuda:1000")
    #expect(absent.status == 69 && absent.errors.contains("cuda:1000 is not available"), "\(absent.errors)")
    let unknown = try await Program.run("bench", "matmul", "--device", "gpu")
    #expect(unknown.status == 64, "\(unknown.errors)")
    let fixed = try await Program.run("bench", "matmul", "--seconds", "0.01", "--device", "cpu")
    #expect(fixed.status == 0, "\(fixed.errors)")
  }

  @Test(arguments: ["verify", "report", "evaluate"]) func aFolderThatIsNoRunIs66(_ command: String) async throws {
    try await withTemporaryFolder { folder in
      let outcome = try await Program.run(command, folder.path)
      #expect(outcome.status == 66, "\(outcome.errors)")
      #expect(outcome.errors.contains(folder.path))
    }
  }

  @Test func aMisspeltKeyIs65AndNamed() async throws {
    try await withTemporaryFolder { folder in
      try Data("data:\n  folder: x\ntraining:\n  epoch: 3\n".utf8).write(to: folder.appendingPathComponent("e.yaml"))
      let outcome = try await Program.run("train", "e.yaml", in: folder)
      #expect(outcome.status == 65)
      #expect(
        outcome.errors.hasSuffix("e.yaml:4:3: unknown key 'training.epoch' (did you mean 'training.epochs'?)\n"))
      #expect(outcome.output.isEmpty)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["e.yaml"])
      let override = try await Program.run("train", "e.yaml", "--set", "training.epochs=0", in: folder)
      #expect(override.status == 65)
    }
  }

  @Test func theTemplateIsShownAsItIs() async throws {
    try await withTemporaryFolder { folder in
      let template = try await Program.run("config", "template")
      #expect(template.status == 0 && template.output.contains("# "))
      try Data(template.output.utf8).write(to: folder.appendingPathComponent("t.yaml"))
      let shown = try await Program.run("config", "show", "t.yaml", "--set", "training.epochs=77", in: folder)
      #expect(shown.status == 0 && shown.output.contains("\n  epochs: 77\n"), "\(shown.errors)")
      try Data(shown.output.utf8).write(to: folder.appendingPathComponent("s.yaml"))
      #expect(try await Program.run("config", "show", "s.yaml", in: folder).output == shown.output)
      let json = try await Program.run("config", "show", "s.yaml", "--json", in: folder).object()
      #expect(json["schema"] as? String == "steadfast.config-shown/1")
      let training = (json["configuration"] as? [String: Any])?["training"] as? [String: Any]
      #expect(training?["epochs"] as? Int == 77)
      let contrast = try await Program.run("config", "show", "t.yaml", "--contrast", "fine-tuning", in: folder)
      #expect(contrast.output.contains("  kind: fine-tuning\n") && contrast.output.contains("name: fine-tuning\n"))
    }
  }

  @Test func inspectCountsImagesAndFindsDamage() async throws {
    try await withTemporaryFolder { folder in
      for (index, place) in ["cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"].enumerated() {
        let file = folder.appendingPathComponent(place)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(GrayPNG.bytes(level: UInt8(index < 3 ? index * 50 : 0))).write(to: file)
      }
      try Data("text".utf8).write(to: folder.appendingPathComponent("dog/3.png"))
      let outcome = try await Program.run("data", "inspect", folder.path, "--json")
      #expect(outcome.status == 0, "\(outcome.errors)")
      let object = try outcome.object()
      #expect(object["schema"] as? String == "steadfast.data/1")
      #expect(object["classes"] as? [String] == ["cat", "dog"])
      let splits = try #require(object["splits"] as? [[String: Any]])
      #expect(splits.map { $0["imagesPerClass"] as? [Int] } == [[2, 2]])
      #expect((object["skipped"] as? [[String: Any]])?.map { $0["path"] as? String } == ["dog/3.png"])
      #expect((object["duplicates"] as? [[String: Any]])?.count == 1)

      #expect(try await Program.run("data", "inspect", folder.path, "--strict").status == 65)
      let text = try await Program.run("data", "inspect", folder.path)
      #expect(text.output.contains("left out: 1 file") && text.output.contains("1×1 (4)"), "\(text.output)")
      #expect(!text.output.contains("\u{1B}") && !text.errors.contains("\u{1B}"))
      try FileManager.default.removeItem(at: folder.appendingPathComponent("dog"))
      #expect(try await Program.run("data", "inspect", folder.path).status == 65)
    }
  }

  @Test func benchMeasures() async throws {
    let outcome = try await Program.run("bench", "matmul", "--seconds", "0.01", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let object = try outcome.object()
    #expect(object["schema"] as? String == "steadfast.bench/1")
    let rows = try #require(object["rows"] as? [[String: Any]])
    #expect(rows.map { $0["name"] as? String } == ["matmul"])
    #expect((rows[0]["gigaflopsPerSecond"] as? Double ?? 0) > 0.1)
    #expect((object["peakMemory"] as? Int ?? 0) > 1 << 20)
  }
}
