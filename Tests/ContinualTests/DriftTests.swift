import Foundation
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Continual
@testable import Lipschitz

/// How far old answers have moved, in whole runs.
@TorchActor @Suite struct DriftTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars()
  }

  private func configuration(_ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
    try .tiny(data.url) {
      $0.evaluation.attacks = []
      $0.evaluation.bracketsPerTask = 0
      $0.evaluation.galleryPerTask = 0
      change(&$0)
    }
  }

  @Test func fineTuningMovesAndIsBounded() throws {
    let folder = runs.url.appending(path: "run")
    let results = try Experiment.train(configuration { $0.strategy.kind = .fineTuning }, in: folder)
    let record = try #require(results.drift.first)
    #expect(results.drift.count == 1, "the last task has not been left behind")
    #expect(record.task == results.tasks[0].name && record.images == 16 && record.note == nil)
    let (bound, movement) = try (#require(record.largestBound), #require(record.largestMovement))
    #expect(movement > 0 && bound >= movement && record.violations == 0)
    #expect(try #require(record.medianBound) >= #require(record.medianMovement))
    // What stands is what the networks on disk say, each by itself.
    #expect(record.standing.correct == (try standing(folder)))
    let stored = try Results(contentsOf: folder.appending(path: "results.json"))
    #expect(stored.drift == results.drift)
    for file in ["report.html", "report.md"] {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      #expect(text.contains("How far old answers have moved"), "\(file)")
    }
    // Measured again, from the checkpoints alone.
    #expect(try Experiment.evaluate(folder).drift == results.drift)
  }

  /// Test images of task 1 on which its network of lesson 1 and that of the end agree.
  private func standing(_ folder: URL) throws -> Int {
    let configuration = try ConfigurationReader.read(contentsOf: folder.appending(path: "config.yaml"))
    let material = try RunMaterial(configuration, observer: SilentObserver())
    let predictions = try [0, 1].map { lesson in
      let session = try Session(
        configuration, RunFolder(existing: folder, for: .reading), material, observer: SilentObserver(),
        interruption: Interruption())
      let entry = session.store.completed()[lesson]
      try session.rebuild(session.store.read(entry))
      let benchmark = session.benchmarks[0]
      return try withoutGradients {
        try session.models.network(for: 0).logits(benchmark.pixels(0..<benchmark.count), .evaluation).argmax(1)
          .integers()
      }
    }
    return zip(predictions[0], predictions[1]).count { $0 == $1 }
  }

  @Test func whatPromisesNotToForgetHasNone() throws {
    #expect(try Experiment.train(configuration(), in: runs.url.appending(path: "run")).drift.isEmpty)
  }

  /// A network without a bound is measured all the same, and the layer is named.
  @Test func withoutABoundTheMovementIsMeasured() throws {
    let results = try Experiment.train(
      configuration {
        $0.strategy.kind = .fineTuning
        $0.network.block = .highway
        $0.evaluation.certify = []
      }, in: runs.url.appending(path: "run"))
    let record = try #require(results.drift.first)
    #expect(record.largestBound == nil && record.proven == nil && record.note?.contains("layer1.0") == true)
    #expect(try #require(record.largestMovement) > 0)
  }

  /// The check that every record carries: a bound halved on purpose is caught.
  @Test func aHalvedBoundIsCounted() throws {
    let image = ImageDrift(
      bound: 1, movement: 0.9, rounding: 1e-12, oldPrediction: 0, newPrediction: 0, isProven: true)
    #expect(DriftRecord(task: "t", [image, image]).violations == 0)
    #expect(DriftRecord(task: "t", [image, image.scaled(by: 0.5)]).violations == 1)
    let fallen = ImageDrift(bound: 1, movement: 0.9, rounding: 0, oldPrediction: 0, newPrediction: 1, isProven: true)
    #expect(DriftRecord(task: "t", [fallen]).refutation == "t: logits moved further than their bound on 1 of 1 images")
  }
}
