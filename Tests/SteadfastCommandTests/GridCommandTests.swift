import Foundation
import Testing

/// Two strategies with two seeds, trained here in seconds.
@Suite struct GridCommandTests {
  @Test func aGridIsTrainedToldAndKept() async throws {
    try await withTemporaryFolder { folder in
      try write(in: folder, contrast: "strategy.kind=fine-tuning")
      let words = ["grid", "e.yaml", "--seeds", "0,1", "--out", "g", "--set", "data.stream.order=seeded", "--json"]
      let outcome = try await Program.run(words, in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let object = try outcome.object()
      #expect(object["schema"] as? String == "steadfast.grid/1")
      let cells = try #require(object["cells"] as? [[String: Any]])
      #expect(cells.map { $0["folder"] as? String } == ["adapters/seed-0", "adapters/seed-1", "b/seed-0", "b/seed-1"])
      #expect(cells.allSatisfy { $0["status"] as? String == "finished" })
      let file = try Data(contentsOf: folder.appendingPathComponent("g/grid.json"))
      #expect(try JSONSerialization.jsonObject(with: file) as? NSDictionary == object as NSDictionary)
      #expect(outcome.errors.contains("cell 4 of 4: b, seed 1; about "), "\(outcome.errors)")

      let page = try String(contentsOf: folder.appendingPathComponent("g/grid.html"), encoding: .utf8)
      #expect(page.contains("&lt;img src=x onerror=alert(1)&gt;") && !page.contains("<img src=x"))

      let text = try await Program.run("grid", "e.yaml", "--seeds", "0,1", "--out", "g", in: folder)
      #expect(text.status == 65 && text.errors.contains("data.stream.order: seeded → natural"), "\(text.errors)")
      let again = try await Program.run(words.dropLast(), in: folder)
      #expect(again.status == 0 && again.output.contains("2 seeds: 0, 1"), "\(again.errors)")
      #expect(again.output.contains("Average accuracy") && again.output.contains("g/grid.html"), "\(again.output)")
    }
  }

  @Test func aFailedCellDecidesTheStatus() async throws {
    try await withTemporaryFolder { folder in
      try write(in: folder, contrast: "training.optimizer.learningRate=100")
      let words = ["grid", "e.yaml", "--seeds", "0", "--out", "g", "--set", "network.norm=none", "--json"]
      let outcome = try await Program.run(words, in: folder)
      #expect(outcome.status == 3 && outcome.errors.contains("b/seed-0: training diverged"), "\(outcome.errors)")
      let cells = try #require(outcome.object()["cells"] as? [[String: Any]])
      #expect(cells.map { $0["status"] as? String } == ["finished", "failed"])
      #expect((cells.last?["reason"] as? String)?.contains("learningRate") == true)
    }
  }

  @Test(arguments: ["0,0", "1,", "-1", "x", (0...32).map(String.init).joined(separator: ",")])
  func seedsThatMakeNoGrid(list: String) async throws {
    let outcome = try await Program.run("grid", "e.yaml", "--seeds=\(list)")
    #expect(outcome.status == 64 && outcome.errors.contains("--seeds"), "\(outcome.errors)")
  }

  private func write(in folder: URL, contrast: String) throws {
    try BarImages.write(to: folder.appendingPathComponent("images"), classes: 4)
    let experiment = """
      name: <img src=x onerror=alert(1)>
      data: {folder: images}
      network: {width: 4}
      training: {trunkEpochs: 1, epochs: 1, batchSize: 8}
      evaluation: {batchSize: 16, attacks: [{name: fgsm, norm: linf, epsilons: [8/255]}], galleryPerTask: 0, bracketsPerTask: 0}
      compute: {threads: 1}
      contrasts: [{name: b, set: [\(contrast)]}]
      """
    try Data(experiment.utf8).write(to: folder.appendingPathComponent("e.yaml"))
  }
}
