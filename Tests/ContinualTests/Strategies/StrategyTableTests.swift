import Foundation
import ImageData
import Testing
import TorchCore

@testable import Continual

/// Every kind of strategy meets every scenario: it can be made where its traits say so, and is refused by name
/// elsewhere.
@TorchActor @Suite struct StrategyTableTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars()
  }

  private func configuration(
    _ kind: Configuration.Strategy.Kind, _ scenario: Configuration.Strategy.ScenarioChoice, online: Bool = false
  ) throws -> Configuration {
    try Configuration.tiny(data.url) {
      $0.strategy.kind = kind
      $0.strategy.scenario = scenario
      $0.strategy.memory.size = 16
      if online {
        $0.data.stream.online = .init()
        ($0.training.epochs, $0.training.trunkEpochs) = (1, 1)
      }
    }
  }

  private func refusal(_ configuration: Configuration) throws -> String? {
    do {
      _ = try configuration.makeStrategy(for: RunMaterial(configuration, observer: SilentObserver()).stream)
      return nil
    } catch let error as RunError {
      return "\(error)"
    }
  }

  @Test(arguments: Configuration.Strategy.Kind.allCases)
  func scenariosAreMetOrRefusedByName(kind: Configuration.Strategy.Kind) throws {
    for scenario in Configuration.Strategy.ScenarioChoice.allCases where scenario != .automatic {
      let refusal = try refusal(configuration(kind, scenario))
      let isMet = kind.traits.scenarios.contains { $0.rawValue == scenario.rawValue }
      #expect((refusal == nil) == isMet, "\(kind.rawValue), \(scenario.rawValue): \(refusal ?? "")")
      #expect(refusal.map { $0.contains(kind.rawValue) && $0.contains("fine-tuning") } ?? true)
    }
    let online = try refusal(configuration(kind, .automatic, online: true))
    #expect((online == nil) == kind.traits.learnsOnline, "\(kind.rawValue), online: \(online ?? "")")
    #expect(online.map { $0.contains("where a task ends") } ?? true)
  }

  /// What reads features that were computed once cannot have its pixels perturbed, whichever strategy it is.
  @Test(arguments: [Configuration.Strategy.Kind.adapters, .sharedAdapter])
  func sidePathsAreNotAttacked(kind: Configuration.Strategy.Kind) throws {
    var subject = try configuration(kind, .automatic)
    subject.strategy.adapter.kind = .side
    #expect(try refusal(subject) == nil)
    subject.training.adversarial.method = .pgd
    let reason = try refusal(subject)
    #expect(reason?.contains("computed once") == true)
  }

  /// Tasks of 24, 24 and 48 images in batches of 8: rows are taken after 3, 6 and 12 batches.
  @Test func stretchesEndWhereTasksEnd() throws {
    let folder = try TemporaryFolder()
    try BarImages.write(to: folder.url, classes: 8, train: 12)
    var subject = try Configuration.tiny(folder.url) {
      $0.data.stream.sizes = [2, 2, 4]
      $0.data.stream.online = .init()
    }
    subject.strategy.kind = .fineTuning
    let stream = try RunMaterial(subject, observer: SilentObserver()).stream
    let layout = try OutputLayout(stream, .classes)
    let images = layout.images(of: 0..<3, in: stream)
    let pass = try OnlinePass(stream, images, batchSize: 8, random: .init(seed: 1))
    let online = try #require(pass)
    let stretches = (0..<3).map { online.stretch($0) }
    #expect(stretches.map(\.order.batchCount) == [3, 3, 6])
    let places = stretches.map { Set($0.order.batches(epoch: 0).joined()) }
    #expect(places == [Set(0..<24), Set(24..<48), Set(48..<96)], "without blur a stretch is its task's images")
  }

  /// Radii that `evaluate` added to a finished run stand in its results after it is resumed, too.
  @Test func radiiThatWereAddedStay() throws {
    let folder = runs.url.appending(path: "run")
    var subject = try configuration(.adapters, .automatic)
    _ = try Experiment.train(subject, in: folder)
    _ = try Experiment.evaluate(folder, adding: .init(certify: [.init("1/2")]))
    subject.evaluation.certify += [try .init("1/2")]
    let resumed = try Experiment.train(subject, in: folder, options: RunOptions(resume: true))
    #expect(resumed.accuracy.filter { $0.key.measure == "certified" }.count == 2)
  }

  /// A lost checkpoint of an early task withholds how far its answers moved, and nothing else.
  @Test func aLostCheckpointWithholdsTheDriftAlone() throws {
    let folder = runs.url.appending(path: "run")
    let subject = try configuration(.fineTuning, .automatic)
    let whole = try Experiment.train(subject, in: folder)
    #expect(!whole.drift.isEmpty)
    try FileManager.default.removeItem(at: folder.appending(path: "checkpoints/lesson-001"))
    let again = try Experiment.train(subject, in: folder, options: RunOptions(resume: true))
    #expect(again.drift.isEmpty && again.accuracy == whole.accuracy)
  }
}
