import Foundation
import ImageData
import Results
import Testing
import TorchCore

@testable import Continual

/// Whole runs: attacks where nobody gives the task, and corrupted images.
@TorchActor @Suite struct RobustReadoutRunTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars(train: 12, test: 4)
  }

  private func configuration(_ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
    try .tiny(data.url) {
      $0.training.trunkEpochs = 2
      $0.training.epochs = 2
      $0.evaluation.certify = []
      $0.evaluation.bracketsPerTask = 0
      $0.evaluation.galleryPerTask = 0
      $0.evaluation.agnosticImages = 6
      change(&$0)
    }
  }

  /// Stopped and resumed, both are what they would have been.
  @Test func readoutAndCorruptionsAreMeasuredAndResumed() throws {
    let configuration = try configuration {
      $0.evaluation.corruptions = .init(images: 5, severities: [1, 5], kinds: [.contrast, .gaussianNoise])
    }
    try expectResumed(
      configuration, in: runs.url,
      at: [("attack the readout after task 2", 2), ("bounds and audit", 1)])
    let results = try Results(contentsOf: runs.url.appending(path: "whole/results.json"))

    let agnostic = results.accuracy.filter { $0.key.readout == .taskAgnostic && $0.key.measure != "clean" }
    #expect(agnostic.map(\.key.measure) == ["fgsm", "pgd", "worst", "worst"])
    for slice in agnostic {
      #expect(slice.tally(after: 0, on: 0)?.n == 6 && slice.tally(after: 1, on: 1)?.n == 6)
      #expect(slice.tally(after: 1, on: 0)?.n == 6 && slice.accuracy[0, 1] == nil)
    }
    #expect(results.consistency?.checked == 3 * 8 * 2 + 3 * 6 * 2, "three cells in two balls, in both readouts")
    #expect(results.consistency?.holds == true)
    let moved = try #require(results.taskInference?.underAttack)
    #expect(moved.map(\.measure) == ["fgsm", "pgd", "worst", "worst"])
    #expect(moved.allSatisfy { $0.moved.map { $0?.n } == [6, 12] && $0.moved[0]?.correct == 0 })
    #expect(results.curves.count { $0.readout == .taskAgnostic } == 2 * 2)

    #expect(
      results.corruptions.map(\.corruption) == [
        "none", "contrast", "gaussian-noise", "none", "contrast", "gaussian-noise",
      ])
    #expect(results.corruptions.filter { $0.corruption != "none" }.allSatisfy { $0.severities == [1, 5] })
    #expect(results.corruptions.flatMap(\.counts).allSatisfy { $0.n == 5 })
    #expect(results.corruptionError?.corruptions == 2 && results.corruptionError?.normalized == nil)
    let page = try String(contentsOf: runs.url.appending(path: "whole/report.html"), encoding: .utf8)
    #expect(page.contains("id=\"corruptions\"") && page.contains("moves the inferred task"))
  }

  /// Where outputs mean the same in every task both readouts are one, and one attack serves both.
  @Test func whereNobodyHasToKnowTheTaskBothReadoutsAreOne() throws {
    let results = try Experiment.train(
      configuration {
        $0.strategy.kind = .fineTuning
        $0.strategy.scenario = .domain
      }, in: runs.url.appending(path: "domain"))
    for slice in results.accuracy where slice.key.readout == .taskAware {
      var key = slice.key
      key.readout = .taskAgnostic
      #expect(results.accuracy(of: key)?.counts == slice.counts, "\(key.title)")
    }
    #expect(results.taskInference?.underAttack.isEmpty == true)
  }

  /// Left out where it is not asked for; asked for later, a finished run fills it in.
  @Test func itIsLeftOutAndFilledIn() throws {
    let folder = runs.url.appending(path: "run")
    let without = try configuration { $0.evaluation.agnosticImages = 0 }
    let before = try Experiment.train(without, in: folder)
    #expect(!before.accuracy.contains { $0.key.readout == .taskAgnostic && $0.key.measure != "clean" })
    #expect(before.corruptions.isEmpty && before.corruptionError == nil)
    let stored = folder.appending(path: "config.yaml")
    // As the configuration of a run was before the key was known.
    let text = try String(contentsOf: stored, encoding: .utf8)
    try text.replacing("  agnosticImages: 0\n", with: "").write(to: stored, atomically: true, encoding: .utf8)
    let after = try Experiment.train(
      configuration { $0.evaluation.agnosticImages = 100 }, in: folder, options: RunOptions(resume: true))
    let key = MeasureKey(measure: "fgsm", norm: .linf, epsilon: try Rational("8/255"), readout: .taskAgnostic)
    #expect(after.accuracy(of: key)?.tally(after: 1, on: 0)?.n == 8)
    for slice in before.accuracy { #expect(after.accuracy(of: slice.key) == slice) }
  }
}
