import Foundation
import ImageData
import RandomStreams
import Results
import Robustness
import TensorFiles
import Testing
import TorchCore

@testable import Continual
@testable import ResidualNets

/// Whole runs of what stands on a frozen trunk, and of networks that share none.
@TorchActor @Suite struct FrozenTrunkRunTests: RunSuite {
  let folders: RunFolders

  private let radius: Rational

  init() throws {
    radius = try Rational("1/100")
    folders = try .withBars(train: 16, test: 4)
  }

  private func configuration(
    _ kind: Configuration.Strategy.Kind, _ change: (inout Configuration) -> Void = { _ in }
  ) throws -> Configuration {
    try .bare(data.url) {
      $0.strategy.kind = kind
      $0.strategy.projection.features = 64
      change(&$0)
    }
  }

  private func train(_ configuration: Configuration, _ name: String = "run") throws -> (Results, URL) {
    let folder = runs.url.appending(path: name)
    return (try Experiment.train(configuration, in: folder), folder)
  }

  /// Heads of different tasks are compared, so a budget shrinks all of them alike.
  @Test func aBudgetShrinksAllHeadsByOneFactor() throws {
    let configuration = try Configuration.tiny(data.url) {
      $0.strategy.kind = .nearestClassMean
      $0.network.norm = .none
      $0.network.branchBudget = 1
      $0.network.headBudget = 0.01
      $0.evaluation.attacks = []
    }
    let run = runs.url.appending(path: "budget")
    _ = try Experiment.train(configuration, in: run)
    let store = CheckpointStore(root: run.appending(path: "checkpoints"))
    let newest = try #require(store.completed().last)
    let state = try SafetensorsFile(contentsOf: newest.url.appending(path: "strategy.safetensors")).tensors
    let (sums, counts) = try (Tensor(#require(state["sums"])), Tensor(#require(state["counts"])))
    let means = try sums / counts.reshaped([-1, 1])
    let factors = try (0..<2).flatMap { task in
      let file = newest.url.appending(path: "task-00\(task + 1).safetensors")
      let tensors = try SafetensorsFile(contentsOf: file).tensors
      let weight = try Tensor(#require(tensors["head.weight"])).to(.float64)
      return try (weight / means.narrowed(0, from: 2 * task, count: 2)).doubles()
    }
    let first = try #require(factors.first)
    #expect(factors.allSatisfy { abs($0 / first - 1) < 1e-4 }, "\(factors)")
  }

  nonisolated private static let closedForms = [Configuration.Strategy.Kind.nearestClassMean, .randomProjection]

  @Test(arguments: closedForms, [Configuration.Strategy.ScenarioChoice.task, .domain, .classes])
  func closedFormsLearnInEveryScenario(
    kind: Configuration.Strategy.Kind, scenario: Configuration.Strategy.ScenarioChoice
  ) throws {
    let (results, folder) = try train(configuration(kind) { $0.strategy.scenario = scenario })
    let aware = try #require(results.accuracy(of: .clean(.taskAware)))
    let agnostic = try #require(results.accuracy(of: .clean(.taskAgnostic)))
    // The trunk saw the first two bars alone; the others are told from each other by what it made of them.
    #expect(try #require(aware.accuracy[0, 0]) > 0.8)
    if scenario == .domain {
      #expect(agnostic.accuracy == aware.accuracy && results.taskInference?.counts == [nil, nil])
    } else {
      #expect(try #require(aware.accuracy[1, 1]) > 0.5)
      #expect(results.taskInference?.counts.last??.n == 16)
    }
    #expect(try Experiment.verify(folder).passed)
    let store = CheckpointStore(root: folder.appending(path: "checkpoints"))
    let entries = store.completed()
    let trunks = try entries.map { try store.read($0).files["trunk"] }
    #expect(trunks.count == 2 && trunks[0] == trunks[1])
    #expect(
      try entries.map { try store.read($0).state.progress.step } == [16, 0], "nothing is trained after the trunk")
  }

  /// Everything that is measured goes through the file of the network, expansion included.
  @Test func theDeployedRandomProjectionIsTheDirectComputation() throws {
    let (results, folder) = try train(
      configuration(.randomProjection) {
        $0.evaluation.attacks = [.init(name: .fgsm, norm: .linf, epsilons: [radius])]
        $0.network.norm = .none
        $0.network.branchBudget = 0.5
        $0.network.headBudget = 1
        $0.evaluation.certify = [radius]
        $0.training.optimizer.learningRate = 0.02
      })
    #expect(results.lipschitz.allSatisfy { $0.upper != nil }, "an expansion is bounded")
    #expect(results.consistency?.violations.isEmpty == true)

    let file = folder.appending(path: "networks/task-002.safetensors")
    let stored = try StoredNetwork(contentsOf: file)
    let tensors = try SafetensorsFile(contentsOf: file).tensors
    func tensor(_ name: String) throws -> Tensor { try Tensor(#require(tensors[name])) }
    let trained = try #require(stored.trained)
    let pixels = try Tensor.uniform([5, 1, 8, 8], RandomStream(seed: 3))
    try withoutGradients {
      let features = try trained.trunk.features(pixels, Passage(adapter: nil, mode: .evaluation))
      let direct =
        try features.matmul(tensor("expansion.weight").transposed()).relu()
        .matmul(tensor("fc.weight").transposed()) + tensor("fc.bias")
      #expect(try (stored.deployed.logits(pixels) - direct).abs().max().item() < 1e-5)
      #expect(try (trained.logits(pixels, .evaluation) - direct).abs().max().item() < 1e-5)
    }
    #expect(try tensor("fc.weight").singularValues().max().item() <= 1, "the head keeps its budget")
    let summary = try NetworkSummary(trained)
    #expect(summary.layers.contains { $0.name == "expansion" && $0.multiplyAdds == 64 * trained.trunk.featureCount })
    // A record that claims another expansion is refused by the tensor.
    var lie = try SafetensorsFile(contentsOf: file)
    lie.metadata = lie.metadata.mapValues { $0.replacing("\"expansion\":64", with: "\"expansion\":65") }
    let liar = runs.url.appending(path: "lie.safetensors")
    try lie.write(to: liar)
    let error = #expect(throws: WeightsError.self) { try StoredNetwork(contentsOf: liar) }
    #expect(error?.description.contains("expansion.weight") == true)
  }

  @Test func separateNetworksKeepTheBudgetAndForgetNothing() throws {
    let (results, folder) = try train(configuration(.separate) { $0.network.width = 8 })
    #expect(results.metrics(of: .clean(.taskAware))?.forgetting == 0)
    #expect(results.nonForgetting?.verified == true)
    #expect(try Experiment.verify(folder).passed)
    let clean = try #require(results.accuracy(of: .clean(.taskAware)))
    #expect(try #require(clean.accuracy[1, 1]) > 0.7)
    let log = try String(contentsOf: folder.appending(path: "log.txt"), encoding: .utf8)
    #expect(log.contains("2 separate networks of width"))

    let (adapters, _) = try train(configuration(.adapters) { $0.network.width = 8 }, "adapters")
    func total(_ results: Results) -> Int { results.parameters.trunk + results.parameters.perTask.reduce(0, +) }
    #expect(total(results) <= total(adapters))
    #expect(results.parameters.trunk == 0 && Set(results.parameters.perTask).count == 1)
    // One more channel would be too many.
    let network = try StoredNetwork(contentsOf: folder.appending(path: "networks/task-001.safetensors"))
    var wider = try #require(network.trained).trunk.description
    wider.width += 1
    let trunk = try wider.makeTrunk(
      inputShape: [1, 8, 8], statistics: PixelStatistics(mean: [0], std: [1]), stream: RandomStream(seed: 0))
    #expect(2 * (trunk.parameterCount + 2 * (trunk.featureCount + 1)) > total(adapters))
  }

  /// One changed bit of a task's own trunk is found, in the checkpoint and in the exported network.
  @Test func separateNetworksAreVerifiedOneByOne() throws {
    let (_, folder) = try train(configuration(.separate))
    let checkpoint = folder.appending(path: "checkpoints/lesson-002/task-002.safetensors")
    for (url, name) in [
      (checkpoint, "trunk.layer1.0.conv1.weight"),
      (folder.appending(path: "networks/task-002.safetensors"), "layer1.0.conv1.weight"),
    ] {
      let stored = try Data(contentsOf: url)
      var damaged = stored
      damaged[try #require(SafetensorsLayout(stored).range(of: name)).lowerBound] ^= 1
      try FileManager.default.removeItem(at: url)
      try damaged.write(to: url)
      let verification = try Experiment.verify(folder)
      #expect(verification.firstDifference?.contains(name) == true, "\(verification)")
      try stored.write(to: url)
    }
  }

  /// Statistics stand with their task, are promised with it, and survive a second evaluation.
  @Test(arguments: [Configuration.Strategy.Inference.featureMean, .gate, .energy])
  func inferenceIsTheSameWhenItIsMeasuredAgain(inference: Configuration.Strategy.Inference) throws {
    let (results, folder) = try train(configuration(.adapters) { $0.strategy.inference = inference })
    let inferred = try #require(results.taskInference)
    #expect(inferred.rule == inference.rawValue)
    #expect(inferred.counts.map { $0?.n } == [8, 16])
    #expect(inferred.counts[0]?.rate == 1, "of one task there is no other")
    let reads = inference != .energy
    let isPromised = results.nonForgetting?.digests["task-001/statistics.scatter"] != nil
    #expect(isPromised == reads)
    #expect(try Experiment.verify(folder).passed)
    let again = try Experiment.evaluate(folder)
    #expect(again.taskInference == inferred)
    #expect(again.accuracy == results.accuracy)
    // A network that is attacked or bounded has no use for them.
    let keys = try SafetensorsFile(contentsOf: folder.appending(path: "networks/task-001.safetensors")).tensors.keys
    #expect(!keys.contains { $0.contains("statistics") })
  }

  @Test func whatMakesNoSenseIsRefusedByName() throws {
    let cases: [(Configuration.Strategy.Kind, (inout Configuration) -> Void, String)] = [
      (.fineTuning, { $0.strategy.inference = .featureMean }, "strategy.inference feature-mean"),
      (.separate, { $0.strategy.inference = .gate }, "strategy.inference gate"),
      (
        .fineTuning,
        {
          $0.strategy.scenario = .domain
          $0.strategy.inference = .entropy
        }, "domain-incremental"
      ),
      (.separate, { $0.strategy.scenario = .classes }, "strategy.kind separate"),
      (.separate, { $0.strategy.trunk = .rotation }, "strategy.trunk first-task"),
      (.nearestClassMean, { $0.data.stream.online = .init(blur: 0.1) }, "strategy.kind nearest-class-mean"),
    ]
    for (kind, change, part) in cases {
      let folder = runs.url.appending(path: "refused")
      let error = try #require(throws: RunError.self) {
        _ = try Experiment.train(configuration(kind, change), in: folder)
      }
      #expect(error.description.contains(part), "\(error)")
      #expect(!FileManager.default.fileExists(atPath: folder.path))
    }
  }
}
