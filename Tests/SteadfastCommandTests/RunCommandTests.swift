import Foundation
import Testing

/// Commands that work on a run: a tiny one, trained here in seconds.
@Suite struct RunCommandTests {
  @Test func aRunIsTrainedCheckedAttackedBoundedAndReported() async throws {
    try await withTemporaryFolder { folder in
      try writeExperiment(in: folder)
      let train = try await Program.run("train", "e.yaml", "--out", "run", "--json", in: folder)
      #expect(train.status == 0, "\(train.errors)")
      #expect(try train.object()["schema"] as? String == "steadfast.results/1")

      try await evaluatesMore(folder)
      try await movesAndDegrades(folder)
      try await audits(folder)
      try await attacks(folder)
      try await bounds(folder)
      try await shows(folder)
      try await reports(folder)
    }
  }

  /// An attack of the run at another size joins it; steps that were not given are the run's own.
  private func evaluatesMore(_ folder: URL) async throws {
    let words = ["evaluate", "run", "--attack", "fgsm", "--attack", "pgd", "--norm", "linf", "--eps", "16/255"]
    let passed = try await Program.run(
      words + ["--fail-under", "averageAccuracy=0", "--json"], in: folder)
    #expect(passed.status == 0, "\(passed.errors)")
    let accuracy = try #require(passed.object()["accuracy"] as? [[String: Any]])
    for attack in ["fgsm", "pgd"] {
      #expect(accuracy.contains { $0["measure"] as? String == attack && $0["epsilon"] as? String == "16/255" })
    }
    let config = try String(contentsOf: folder.appendingPathComponent("run/config.yaml"), encoding: .utf8)
    #expect(config.contains("16/255") && config.contains("steps: 3"), "\(config)")

    let failed = try await Program.run("evaluate", "run", "--fail-under", "averageAccuracy=1.01", "--json", in: folder)
    #expect(failed.status == 3)
    #expect(failed.errors.contains("tiny: averageAccuracy is ") && failed.errors.contains(", below 1.01"))
    #expect(try failed.object()["schema"] as? String == "steadfast.results/1")
  }

  /// Moves and corruptions join the run; of any network, `attack` gives them rows.
  private func movesAndDegrades(_ folder: URL) async throws {
    let words = ["--turns", "30", "--shifts", "1", "--draws", "3", "--corruptions", "4", "--json"]
    let added = try await Program.run(
      ["evaluate", "run", "--severities", "5,1", "--corruption-kinds", "fog,contrast"] + words, in: folder)
    #expect(added.status == 0, "\(added.errors)")
    let results = try added.object()
    let accuracy = try #require(results["accuracy"] as? [[String: Any]])
    #expect(accuracy.contains { $0["measure"] as? String == "spatial" && $0["epsilon"] == nil })
    #expect((results["spatial"] as? String)?.contains("3 random moves") == true)
    let corruptions = try #require(results["corruptions"] as? [[String: Any]])
    let kinds = ["none", "fog", "contrast"]
    #expect(corruptions.compactMap { $0["corruption"] as? String } == kinds + kinds)
    #expect(corruptions[1]["severities"] as? [Int] == [1, 5])
    let other = try await Program.run("evaluate", "run", "--turns", "10", "--json", in: folder)
    #expect(other.status != 0 && other.errors.contains("would stand under the same name"), "\(other.errors)")

    let attack = try await Program.run(
      ["attack", "run", "--attack", "fgsm", "--eps", "8/255", "--corruption-kinds", "contrast"] + words, in: folder)
    #expect(attack.status == 0, "\(attack.errors)")
    let rows = try #require(attack.object()["rows"] as? [[String: Any]])
    let names = ["clean", "fgsm", "spatial", "none/0", "contrast/1", "contrast/5"]
    #expect(rows.compactMap { $0["attack"] as? String } == names + names, "the run's severities")
  }

  /// The audit's judgement decides the exit status when it is asked to, whatever it is.
  private func audits(_ folder: URL) async throws {
    let outcome = try await Program.run("evaluate", "run", "--fail-on-audit", "--json", in: folder)
    let rows = try #require(outcome.object()["audit"] as? [[String: Any]])
    let failed = rows.filter { $0["verdict"] as? String == "fail" }
    #expect(!rows.isEmpty && outcome.status == (failed.isEmpty ? 0 : 3), "\(outcome.errors)")
    for row in failed { #expect(outcome.errors.contains("audit: \(row["check"] as? String ?? "-")")) }
  }

  private func attacks(_ folder: URL) async throws {
    let attack = try await Program.run(
      "attack", "run", "--attack", "fgsm", "--eps", "8/255", "--save-images", "pictures", "--save-count", "2", "--json",
      in: folder)
    #expect(attack.status == 0, "\(attack.errors)")
    // Eight images of two classes: the first of each.
    let files = try #require(attack.object()["files"] as? [String])
    #expect(files.filter { $0.hasPrefix("1-clean-") }.sorted() == ["1-clean-00000.png", "1-clean-00004.png"])
  }

  private func bounds(_ folder: URL) async throws {
    let bound = try await Program.run("lipschitz", "run", "--brackets", "3", "--json", in: folder)
    #expect(bound.status == 0, "\(bound.errors)")
    let networks = try #require(bound.object()["networks"] as? [[String: Any]])
    #expect(networks.count == 2)
    for network in networks {
      let bracket = try #require(network["bracket"] as? [String: Any])
      #expect((bracket["certifiedRadius"] as? [Any])?.count == 3 && (bracket["attackDistance"] as? [Any])?.count == 3)
    }
    let text = try await Program.run("lipschitz", "run", "--brackets", "3", in: folder)
    #expect(text.output.contains("3 images bracketed: median certified radius "), "\(text.output)")
    #expect(text.output.contains(", 0 violations"))
    let none = try await Program.run("lipschitz", "run", "--brackets", "0", in: folder)
    #expect(none.status == 0 && !none.output.contains("bracketed"))
  }

  /// What a run is made of: a trunk, and an adapter and a head of each of its tasks.
  private func shows(_ folder: URL) async throws {
    let shown = try await Program.run("network", "show", "run", "--bound", "--json", in: folder)
    #expect(shown.status == 0, "\(shown.errors)")
    let object = try shown.object()
    let (parameters, tasks) = try (
      #require(object["parameters"] as? [String: Int]), #require(object["tasks"] as? [[String: Any]])
    )
    #expect(tasks.count == 2 && tasks.allSatisfy { $0["adapter"] as? Int == parameters["adapter"] })
    #expect(tasks.allSatisfy { ($0["lipschitzUpper"] as? Double ?? 0) > 0 })
    let text = try await Program.run("network", "show", "run", "--bound", in: folder)
    #expect(text.output.contains("Lipschitz, 2: at most "), "\(text.output)")
  }

  private func reports(_ folder: URL) async throws {
    let results = folder.appendingPathComponent("run/results.json")
    let stored = try Data(contentsOf: results)
    let page = folder.appendingPathComponent("run/report.html")
    let before = try Data(contentsOf: page)
    #expect(try await Program.run("report", "run", "run", in: folder).status == 64)
    #expect(try await Program.run("report", "run", "run", "--out", "run", in: folder).status == 64)
    #expect(try Data(contentsOf: page) == before && Data(contentsOf: results) == stored)

    #expect(try await Program.run("report", "run", "--out", "one", in: folder).status == 0)
    #expect(try Data(contentsOf: folder.appendingPathComponent("one/results.json")) == stored)
    let both = try await Program.run("report", "run", "one", "--out", "both", "--json", in: folder)
    #expect(both.status == 0, "\(both.errors)")
    let files = try #require(both.object()["files"] as? [String]).map { URL(fileURLWithPath: $0).lastPathComponent }
    #expect(Set(files) == ["report.html", "report.md", "report.csv", "results.json"])
    let combined = try JSONSerialization.jsonObject(
      with: Data(contentsOf: folder.appendingPathComponent("both/results.json")))
    #expect(((combined as? [String: Any])?["contrasts"] as? [Any])?.count == 1)

    let floor = try await Program.run("report", "one", "--fail-under", "backwardTransfer=0.5", in: folder)
    #expect(floor.status == 3 && floor.errors.contains("backwardTransfer"), "\(floor.errors)")
  }
}

extension RunCommandTests {
  /// The keys of an nn.Sequential do not say how its convolutions step.
  @Test func stridesOfASequentialComeFromAFile() async throws {
    try await withTemporaryFolder { folder in
      try BarImages.write(to: folder.appendingPathComponent("images"), classes: 2)
      // A 1×1 convolution that keeps every second pixel of 8×8, then sixteen pixels to two classes.
      let header =
        #"{"0.weight":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[0,4]},"#
        + #""2.weight":{"dtype":"F32","shape":[2,16],"data_offsets":[4,132]}}"#
      let weights = [Float(1)] + (0..<16).map { $0 < 4 ? Float(1) : 0 } + (0..<16).map { 4..<8 ~= $0 ? Float(1) : 0 }
      let padded = Data(header.utf8) + Data(repeating: 0x20, count: (8 - header.utf8.count % 8) % 8)
      var file = withUnsafeBytes(of: UInt64(padded.count).littleEndian) { Data($0) } + padded
      for weight in weights { withUnsafeBytes(of: weight.bitPattern.littleEndian) { file.append(contentsOf: $0) } }
      try file.write(to: folder.appendingPathComponent("w.safetensors"))
      try Data("layers: {0: {stride: 2}}".utf8).write(to: folder.appendingPathComponent("n.yaml"))
      try Data("layers: {2: {stride: 2}}".utf8).write(to: folder.appendingPathComponent("wrong.yaml"))

      let words = ["attack", "w.safetensors", "--data", "images", "--attack", "fgsm", "--eps", "1/255", "--json"]
      let unknown = try await Program.run(words, in: folder)
      #expect(unknown.status == 65 && unknown.errors.contains("does not fit its input"), "\(unknown.errors)")
      let wrong = try await Program.run(words + ["--network", "wrong.yaml"], in: folder)
      #expect(wrong.status == 65 && wrong.errors.contains("'2', which is no convolution"), "\(wrong.errors)")
      let known = try await Program.run(words + ["--network", "n.yaml"], in: folder)
      #expect(known.status == 0, "\(known.errors)")
      // The bright bar of class 0 is row 0, that of class 1 row 2; every second row is kept, so rows 0 and 1 of four.
      let rows = try #require(known.object()["rows"] as? [[String: Any]])
      #expect(rows.first?["accuracy"] as? Double == 1)
    }
  }

  /// Two tasks of two classes.
  private func writeExperiment(in folder: URL) throws {
    try BarImages.write(to: folder.appendingPathComponent("images"), classes: 4)
    let experiment = """
      name: tiny
      data: {folder: images}
      network: {width: 4}
      training: {trunkEpochs: 2, epochs: 2, batchSize: 8, optimizer: {learningRate: 0.05}}
      evaluation:
        batchSize: 16
        attacks:
          - {name: fgsm, norm: linf, epsilons: [8/255]}
          - {name: pgd, norm: linf, epsilons: [8/255], steps: 3}
        galleryPerTask: 0
        bracketsPerTask: 1
      compute: {threads: 1}
      """
    try Data(experiment.utf8).write(to: folder.appendingPathComponent("e.yaml"))
  }
}
