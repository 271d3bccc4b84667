import Foundation
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Continual

/// Whole runs that compute in bfloat16 where nothing is judged.
@TorchActor @Suite struct PrecisionRunTests {
  let data: TemporaryFolder
  let runs: TemporaryFolder

  init() throws {
    data = try TemporaryFolder()
    runs = try TemporaryFolder()
    try BarImages.write(to: data.url, train: 12, test: 4)
  }

  private func configuration(
    _ training: Precision = .full, _ trunk: Precision = .full, _ search: Precision = .full,
    _ change: (inout Configuration) -> Void = { _ in }
  ) throws -> Configuration {
    try .tiny(data.url) {
      $0.compute.precision.training = training
      $0.compute.precision.trunk = trunk
      $0.compute.precision.search = search
      change(&$0)
    }
  }

  private func lesson(_ number: Int, of folder: URL) throws -> [String: Data] {
    let store = CheckpointStore(root: folder.appending(path: "checkpoints"))
    var tensors: [String: Data] = [:]
    for (file, content) in try store.read(store.completed()[number]).files {
      for (name, tensor) in content { tensors["\(file)/\(name)"] = Data(tensor.bytes) }
    }
    return tensors
  }

  /// Each of the three changes what it is about and nothing before it; verdicts stay consistent, and how far answers in
  /// bfloat16 are away is recorded.
  @Test func eachIsAboutItsOwn() throws {
    func train(_ name: String, _ configuration: Configuration) throws -> (folder: URL, results: Results) {
      let folder = runs.url.appending(path: name)
      return (folder, try Experiment.train(configuration, in: folder))
    }
    let exact = try train("exact", configuration())
    #expect(exact.results.precision.isEmpty)
    #expect(exact.results.curves.allSatisfy { $0.points.allSatisfy { $0.refuted == nil } })

    let trained = try train("training", configuration(.bf16))
    #expect(try lesson(0, of: trained.folder) != lesson(0, of: exact.folder), "the trunk learned in half the bits")

    let frozen = try train("trunk", configuration(.full, .bf16))
    #expect(try lesson(0, of: frozen.folder) == lesson(0, of: exact.folder), "the trunk learned in all of them")
    #expect(try lesson(1, of: frozen.folder) != lesson(1, of: exact.folder))

    let searched = try train("search", configuration(.full, .full, .bf16))
    #expect(try lesson(1, of: searched.folder) == lesson(1, of: exact.folder))
    let curves = searched.results.curves.filter { $0.readout == .taskAware }
    #expect(!curves.isEmpty && curves.allSatisfy { $0.settings?.contains("bfloat16") == true })
    #expect(curves.allSatisfy { $0.points.dropFirst().allSatisfy { $0.refuted != nil } })

    for run in [trained, frozen, searched] {
      let records = run.results.precision
      #expect(records.map(\.task) == run.results.tasks.map(\.name))
      #expect(records.allSatisfy { $0.largestDifference > 0 && ($0.relativeDifference ?? 1) < 0.1 })
      for (task, record) in records.enumerated() {
        let last = try #require(run.results.accuracy(of: .clean(.taskAware))?.tally(after: 1, on: task))
        #expect(record.exact == last, "the verdict is that of fp32")
      }
      #expect(run.results.nonForgetting?.verified == true && run.results.consistency?.violations.isEmpty == true)
      #expect(try Results(contentsOf: run.folder.appending(path: "results.json")) == run.results)
    }
  }

  /// Strategies of every family learn so, and nothing of theirs leaves fp32.
  @Test(arguments: [
    Configuration.Strategy.Kind.adapters, .nearestClassMean, .randomProjection, .fineTuning, .ewc, .lwf, .darkReplay,
    .joint,
  ])
  func strategies(kind: Configuration.Strategy.Kind) throws {
    let configuration = try configuration(.bf16, .bf16, .bf16) {
      $0.strategy.kind = kind
      $0.strategy.projection.features = 32
      $0.training.trunkEpochs = 2
      $0.training.epochs = 2
    }
    let results = try Experiment.train(configuration, in: runs.url.appending(path: "run"))
    #expect(results.precision.count == 2)
    let files = CheckpointStore(root: runs.url.appending(path: "run/checkpoints"))
    for (_, content) in try files.read(files.completed()[1]).files {
      #expect(content.values.allSatisfy { $0.elementType != .bfloat16 })
    }
  }

  @Test(arguments: [AdapterDescription.Kind.parallel, .series, .side]) func resumesBitForBit(
    kind: AdapterDescription.Kind
  ) throws {
    let configuration = try configuration(.bf16, .bf16, .bf16) {
      $0.strategy.adapter.kind = kind
      $0.evaluation.attacks = []
      $0.training.trunkEpochs = 2
      $0.training.epochs = 2
    }
    try expectResumed(configuration, in: runs.url, at: [("learn task 1", 1), ("learn task 2", 1)])
  }

  /// Gradients of gradients, attacks within steps, and penalties.
  @Test func objectivesLearnSo() throws {
    let configuration = try configuration(.bf16, .bf16) {
      $0.training.adversarial.method = .trades
      $0.training.adversarial.steps = 2
      $0.training.penalty.inputGradient = 0.01
      $0.training.trunkEpochs = 1
      $0.training.epochs = 1
      $0.evaluation.attacks = []
    }
    let results = try Experiment.train(configuration, in: runs.url.appending(path: "run"))
    #expect(results.precision.count == 2 && results.nonForgetting?.verified == true)
  }

  /// A run that knew nothing of precisions has the encoding, and so the checkpoints, that it had.
  @Test func theDefaultIsNotEncoded() throws {
    let (exact, reduced) = try (configuration(), configuration(.full, .bf16))
    func encoded(_ configuration: Configuration) throws -> String {
      String(decoding: try JSONEncoder().encode(configuration), as: UTF8.self)
    }
    #expect(try !encoded(exact).contains("precision") && encoded(reduced).contains("precision"))
    #expect(try JSONDecoder().decode(Configuration.self, from: JSONEncoder().encode(reduced)) == reduced)
  }
}
