import Foundation
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Continual

/// A plain convolutional network through a whole run: trained, adapted, attacked, bounded, stored and verified.
@TorchActor @Suite struct ConvnetRunTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars()
  }

  private func train(
    _ name: String, _ change: (inout Configuration) -> Void = { _ in }
  ) throws -> (results: Results, folder: URL) {
    let folder = runs.url.appending(path: name)
    let configuration = try Configuration.tiny(data.url) {
      $0.network = NetworkDescription(
        architecture: .convnet, block: .plain, norm: .none, readout: .flattened,
        convolutions: [.init(channels: 6, kernel: 4, stride: 2, padding: 1), .init(channels: 8, pool: 2)], hidden: [16])
      $0.strategy.adapter.rank = 2
      $0.training.optimizer = OptimizerDescription(kind: .adam, learningRate: 0.01, weightDecay: 0)
      $0.training.schedule = .cyclic
      $0.training.trunkEpochs = 12
      $0.training.epochs = 12
      change(&$0)
    }
    return (try Experiment.train(configuration, in: folder), folder)
  }

  @Test(arguments: [AdapterDescription.Kind.parallel, .series, .side])
  func adaptersForgetNothingAndVerify(kind: AdapterDescription.Kind) throws {
    let (results, folder) = try train(kind.rawValue) { $0.strategy.adapter.kind = kind }
    let clean = try #require(results.accuracy(of: .clean(.taskAware)))
    #expect(try #require(clean.accuracy[0, 0]) > 0.9)
    #expect(try #require(clean.accuracy[1, 1]) > 0.7)
    #expect(results.metrics(of: .clean(.taskAware))?.forgetting == 0)
    #expect(results.nonForgetting?.verified == true)
    #expect(results.lipschitz.count == 2 && results.lipschitz.allSatisfy { ($0.upper ?? .infinity).isFinite })
    #expect(Set(results.curves.map(\.measure)) == ["fgsm", "pgd"])
    #expect(try Experiment.verify(folder).passed)
  }

  @Test func separateNetworksKeepTheBudget() throws {
    let (results, folder) = try train("separate") { $0.strategy.kind = .separate }
    #expect(results.nonForgetting?.verified == true)
    #expect(try Experiment.verify(folder).passed)
    let stored = try StoredNetwork(contentsOf: folder.appending(path: "networks/task-001.safetensors"))
    let description = try #require(stored.trained).trunk.description
    #expect(description.architecture == .convnet && description.width < 16)
  }

  /// The setup of the published figures: one task, the whole network, FGSM from a random start.
  @Test func adversarialTrainingOfTheWholeNetwork() throws {
    let (results, folder) = try train("fgsm-rs") {
      $0.strategy.kind = .fineTuning
      $0.data.stream.classesPerTask = 4
      $0.training.adversarial.method = .fgsmRS
      $0.training.trunkEpochs = 16
    }
    let clean = try #require(results.accuracy(of: .clean(.taskAware)))
    #expect(try #require(clean.accuracy[0, 0]) > 0.6)
    #expect(try Experiment.verify(folder).passed)
  }
}
