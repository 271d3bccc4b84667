import Foundation
import ImageData
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct AdversarialRunTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars()
  }

  private func configuration(_ change: (inout Configuration) throws -> Void) throws -> Configuration {
    var configuration = try Configuration.tiny(data.url) {
      $0.evaluation.certify = []
      $0.evaluation.bracketsPerTask = 0
      $0.evaluation.galleryPerTask = 0
      $0.training.trunkEpochs = 12
      $0.training.epochs = 12
    }
    configuration.evaluation.attacks = [
      .init(name: .pgd, norm: .linf, epsilons: [try Rational("32/255")], steps: 10)
    ]
    try change(&configuration)
    return configuration
  }

  private func robustAccuracy(_ name: String, _ configuration: Configuration) throws -> Double {
    let results = try Experiment.train(configuration, in: runs.url.appending(path: name))
    let key = try MeasureKey(measure: "pgd", norm: .linf, epsilon: Rational("32/255"), readout: .taskAware)
    let accuracy = try #require(results.accuracy(of: key)).accuracy
    return try (#require(accuracy[1, 0]) + #require(accuracy[1, 1])) / 2
  }

  /// The trunk's lesson and an adapter's: learning under attack leaves more images right under attack.
  @Test func learningUnderAttackMakesRobust() throws {
    let plain = try robustAccuracy("plain", configuration { _ in })
    for method in [Configuration.Adversarial.Method.pgd, .trades, .fgsmRS] {
      let trained = try robustAccuracy(
        method.rawValue,
        configuration {
          $0.training.adversarial.method = method
          $0.training.adversarial.epsilon = try Rational("32/255")
          $0.training.adversarial.steps = 3
        })
      #expect(trained > plain + 0.15, "\(method): \(trained) against \(plain)")
    }
  }

  /// Both penalties can be learned with, in a lesson of the trunk and in one of an adapter.
  @Test func penaltiesRun() throws {
    for change in [
      { (it: inout Configuration) in it.training.penalty.inputGradient = 0.1 },
      { $0.training.penalty.lipschitzMargin = 0.1 },
    ] {
      let configuration = try configuration(change)
      _ = try Experiment.train(configuration, in: runs.url.appending(path: UUID().uuidString))
    }
  }

  /// Single-step training tells after each epoch how much of it holds under iterated attack.
  @Test func singleStepTrainingIsWatched() throws {
    let folder = runs.url.appending(path: "run")
    _ = try Experiment.train(configuration { $0.training.adversarial.method = .fgsmRS }, in: folder)
    let lines = try String(contentsOf: folder.appending(path: "metrics.jsonl"), encoding: .utf8).split(separator: "\n")
    let watched = lines.filter { $0.contains("\"event\":\"robust-accuracy\"") }
    #expect(watched.count == 24, "twelve epochs of two lessons")
    #expect(watched.count { $0.contains("bestBefore") } == 22, "not after a lesson's first epoch")
    #expect(watched.allSatisfy { $0.contains("\"n\":8,") })
  }

  /// What is learned from features has no pixels.
  @Test func featuresAreNeitherPerturbedNorPenalised() throws {
    let tiny = try TinyNetwork(seed: 2)
    let learning = FeatureLearning(trunk: tiny.trunk, adapter: nil, heads: tiny.learning.heads)
    let features = try Tensor.zeros([2, tiny.trunk.featureCount])
    var threat = Configuration.Adversarial()
    threat.method = .pgd
    for objective in [
      Objective(threat: try threat.threat), Objective(penalties: [InputGradientPenalty(weight: 1)]),
      Objective(penalties: [LipschitzMarginPenalty(weight: 1, radius: 0.1)]), Objective(noise: 0.1),
    ] {
      #expect {
        try objective.evaluate(learning, features, [0, 1], step: 0, tiny.stream)
      } throws: {
        "\($0)".contains("leave out training.noise, training.adversarial and training.penalty")
      }
    }
    #expect(throws: (any Error).self) {
      try Experiment.train(
        configuration {
          $0.strategy.adapter.kind = .side
          $0.training.adversarial.method = .pgd
        }, in: runs.url.appending(path: "side"))
    }
  }
}
