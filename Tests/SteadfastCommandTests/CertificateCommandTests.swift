import Foundation
import Testing

/// Certificates through the command line: written, checked, tampered with.
@Suite struct CertificateCommandTests {
  @Test func certificatesAreWrittenCheckedAndRefused() async throws {
    try await withTemporaryFolder { folder in
      try writeExperiment(in: folder)
      let train = try await Program.run("train", "e.yaml", "--out", "run", in: folder)
      #expect(train.status == 0, "\(train.errors)")
      #expect(train.output.contains("certificates that still stand as they were issued: 2 of 2 tasks"))

      try await writes(folder)
      try await refusesWhatWasTamperedWith(folder)
      try await refusesWhatIsNoCertificate(folder)
      try await showsLedgers(folder)
      try await bracketsTakeTheLargerRadius(folder)
      try await smoothsAsTheRunDid(folder)
      try await evaluatesMore(folder)
      try await searchesAsTheRunDoes(folder)
    }
  }

  private func writes(_ folder: URL) async throws {
    let made = try await Program.run(
      "lipschitz", "run", "--brackets", "0", "--certificate", "c.json", "--json", in: folder)
    #expect(made.status == 0, "\(made.errors)")
    let checked = try await Program.run("verify", "run", "--certificate", "c.json", "--json", in: folder)
    #expect(checked.status == 0, "\(checked.errors)")
    let networks = try #require(checked.object()["networks"] as? [[String: Any]])
    #expect(networks.count == 2)
    for network in networks {
      let findings = try #require(network["findings"] as? [String: Any])
      #expect(findings["images"] as? Int == 8 && network["samples"] as? Int == 8)
      #expect((findings["refusals"] as? [Any])?.isEmpty == true && (findings["norms"] as? [Any])?.isEmpty == false)
    }
    // A place where something is is not written over.
    let again = try await Program.run("lipschitz", "run", "--brackets", "0", "--certificate", "c.json", in: folder)
    #expect(again.status == 64, "\(again.errors)")
  }

  /// Each change of one claim is refused by name, with exit status 3.
  private func refusesWhatWasTamperedWith(_ folder: URL) async throws {
    let changes: [(mention: String, change: (inout [String: Any]) throws -> Void)] = [
      ("features", { $0["featureUpper"] = try #require($0["featureUpper"] as? Double) * 0.99 }),
      (
        "head",
        { network in
          var head = try #require(network["head"] as? [String: Any])
          head["upper"] = try #require(head["upper"] as? Double) / 2
          network["head"] = head
        }
      ),
      (
        "radius",
        { network in
          var samples = try #require(network["samples"] as? [String: Any])
          var list = try #require(samples["list"] as? [[String: Any]])
          let place = try #require(list.firstIndex { ($0["radiusL2"] as? Double ?? 0) > 0 })
          list[place]["radiusL2"] = try #require(list[place]["radiusL2"] as? Double) * 1.01
          samples["list"] = list
          network["samples"] = samples
        }
      ),
      ("digest", { $0["digest"] = String(repeating: "0", count: 64) }),
    ]
    for (mention, change) in changes {
      try rewrite(folder, "tampered.json", change)
      let outcome = try await Program.run("verify", "run", "--certificate", "tampered.json", in: folder)
      #expect(outcome.status == 3, "\(mention): \(outcome.output) \(outcome.errors)")
      #expect(outcome.output.contains("REFUSED") && outcome.errors.contains(mention), "\(outcome.errors)")
    }
  }

  private func refusesWhatIsNoCertificate(_ folder: URL) async throws {
    let whole = try Data(contentsOf: folder.appendingPathComponent("c.json"))
    try rewrite(folder, "negative.json") { $0["upper"] = -1 }
    let files: [(String, Data)] = [
      ("half.json", whole.prefix(whole.count / 2)), ("empty.json", Data("{}".utf8)), ("text.json", Data("no".utf8)),
      (
        "other.json",
        Data(
          String(decoding: whole, as: UTF8.self)
            .replacing("steadfast.certificate/1", with: "steadfast.certificate/9").utf8)
      ), ("negative.json", try Data(contentsOf: folder.appendingPathComponent("negative.json"))),
    ]
    for (name, bytes) in files {
      try bytes.write(to: folder.appendingPathComponent(name))
      let outcome = try await Program.run("verify", "run", "--certificate", name, in: folder)
      #expect(outcome.status == 65 && outcome.errors.contains(name), "\(name): \(outcome.status), \(outcome.errors)")
    }
    let missing = try await Program.run("verify", "run", "--certificate", "none.json", in: folder)
    #expect(missing.status == 66, "\(missing.errors)")
  }

  /// Writes the certificate with its first network changed.
  private func rewrite(_ folder: URL, _ name: String, _ change: (inout [String: Any]) throws -> Void) throws {
    let bytes = try Data(contentsOf: folder.appendingPathComponent("c.json"))
    var file = try #require(JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    var networks = try #require(file["networks"] as? [[String: Any]])
    try change(&networks[0])
    file["networks"] = networks
    try JSONSerialization.data(withJSONObject: file).write(to: folder.appendingPathComponent(name))
  }

  private func showsLedgers(_ folder: URL) async throws {
    let shown = try await Program.run("lipschitz", "run", "--brackets", "0", "--ledger", in: folder)
    #expect(shown.status == 0 && shown.output.contains("earlier certificates"), "\(shown.errors)")
    #expect(shown.output.components(separatedBy: " stand\n").count + (shown.output.hasSuffix(" stand") ? 1 : 0) >= 3)
  }

  /// Which bounds on balls are tried is the run's choice.
  private func searchesAsTheRunDoes(_ folder: URL) async throws {
    func methods() async throws -> Set<String> {
      let outcome = try await Program.run("lipschitz", "run", "--brackets", "0", "--local", "4", "--json", in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let networks = try #require(outcome.object()["networks"] as? [[String: Any]])
      let images = networks.flatMap { ($0["local"] as? [String: Any])?["images"] as? [[String: Any]] ?? [] }
      return Set(images.flatMap { image in ["methodL2", "methodLinf"].compactMap { image[$0] as? String } })
    }
    let throughout = "linear bounds throughout"
    #expect(try await methods().contains(throughout))
    let url = folder.appendingPathComponent("run/config.yaml")
    let text = try String(contentsOf: url, encoding: .utf8)
    let limit = try #require(text.firstMatch(of: /throughoutLimit: *[0-9]+/))
    try text.replacing(limit.output, with: "throughoutLimit: 0").write(to: url, atomically: true, encoding: .utf8)
    let fewer = try await methods()
    #expect(!fewer.contains(throughout) && fewer.contains { $0 != "global Lipschitz bound" }, "\(fewer)")
  }

  private func bracketsTakeTheLargerRadius(_ folder: URL) async throws {
    func radii(_ words: String...) async throws -> (radii: [Double?], soundness: String?, local: Int) {
      let outcome = try await Program.run(["lipschitz", "run", "--brackets", "2", "--json"] + words, in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let network = try #require((outcome.object()["networks"] as? [[String: Any]])?.first)
      let bracket = try #require(network["bracket"] as? [String: Any])
      let local = (network["local"] as? [String: Any])?["images"] as? [Any]
      return (
        try #require(bracket["certifiedRadius"] as? [Any]).map { $0 as? Double }, bracket["soundness"] as? String,
        local?.count ?? 0
      )
    }
    let (global, local) = try await (radii(), radii("--local", "2"))
    #expect(global.local == 0 && local.local == 2)
    #expect(zip(global.radii, local.radii).allSatisfy { ($1 ?? -1) >= ($0 ?? -1) })
    #expect(zip(global.radii, local.radii).contains { ($1 ?? -1) > ($0 ?? -1) }, "\(global.radii) \(local.radii)")
    #expect(local.soundness?.hasSuffix(", images in [0, 1]") == true && global.soundness != local.soundness)
    let one = try await radii("--local", "1")
    #expect(one.local == 1 && one.radii[0] == local.radii[0] && one.radii[1] == global.radii[1])
  }

  /// The record of a run, and the command with the same settings, seed and images.
  private func smoothsAsTheRunDid(_ folder: URL) async throws {
    let stored = try JSONSerialization.jsonObject(
      with: Data(contentsOf: folder.appendingPathComponent("run/results.json")))
    let records = try #require((stored as? [String: Any])?["smoothing"] as? [[String: Any]])
    #expect(records.count == 2 && records.allSatisfy { $0["seed"] as? Int == 5 })
    let words = [
      "lipschitz", "run", "--brackets", "0", "--smoothing", "0.1", "--samples", "100", "--selection-samples", "10",
      "--alpha", "0.01", "--smoothed-images", "3",
    ]
    let same = try await Program.run(words + ["--seed", "5", "--json"], in: folder)
    #expect(same.status == 0, "\(same.errors)")
    for (record, network) in zip(records, try #require(same.object()["networks"] as? [[String: Any]])) {
      let smoothed = try #require(network["smoothed"] as? [String: Any])
      #expect(smoothed["seed"] as? Int == 5 && smoothed["soundness"] as? String == "probabilistic")
      let samples = try #require(smoothed["samples"] as? [[String: Any]])
      #expect(samples.map { $0["radiusL2"] as? Double } == (record["radius"] as? [Any])?.map { $0 as? Double })
      #expect(
        samples.map { $0["probabilityLower"] as? Double } == (record["probability"] as? [Any])?.map { $0 as? Double })
    }
    let text = try await Program.run(words + ["--seed", "6"], in: folder)
    #expect(text.output.contains("n0 10, n 100") && text.output.contains("seed 6: probabilistic"), "\(text.output)")
    for wrong in [["--selection-samples", "0"], ["--seed", "-1"], ["--samples", "0"]] {
      #expect(try await Program.run(["lipschitz", "run", "--smoothing", "0.1"] + wrong, in: folder).status == 64)
    }
  }

  private func evaluatesMore(_ folder: URL) async throws {
    let more = try await Program.run(
      "evaluate", "run", "--certify-linf", "1/255", "--local", "--json", in: folder)
    #expect(more.status == 0, "\(more.errors)")
    let accuracy = try #require(more.object()["accuracy"] as? [[String: Any]])
    #expect(accuracy.contains { $0["measure"] as? String == "certified" && $0["norm"] as? String == "linf" })
    #expect(try await Program.run("evaluate", "run", "--certify-linf", "2", in: folder).status == 64)
    let config = try String(contentsOf: folder.appendingPathComponent("run/config.yaml"), encoding: .utf8)
    #expect(config.contains("local: true") && config.contains("1/255"), "\(config)")
  }

  /// Two tasks of two classes, fully connected, so that bounds on balls cost little.
  private func writeExperiment(in folder: URL) throws {
    try BarImages.write(to: folder.appendingPathComponent("images"), classes: 4)
    let experiment = """
      name: tiny
      seed: 5
      data: {folder: images}
      network: {architecture: mlp, depth: 1, width: 6}
      training: {trunkEpochs: 4, epochs: 4, batchSize: 8, optimizer: {learningRate: 0.05}}
      evaluation:
        batchSize: 16
        certify: [1/10]
        audit: off
        galleryPerTask: 0
        bracketsPerTask: 1
        smoothing: {sigma: 0.1, samples: 100, selectionSamples: 10, alpha: 0.01, images: 3}
      compute: {threads: 1}
      """
    try Data(experiment.utf8).write(to: folder.appendingPathComponent("e.yaml"))
  }
}
