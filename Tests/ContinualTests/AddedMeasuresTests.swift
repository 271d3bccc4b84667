import Foundation
import ImageData
import Results
import Testing
import TorchCore

@testable import Continual

/// What `evaluate` adds to a finished run: attacks, radii, turned and shifted images, corruptions.
@TorchActor @Suite struct AddedMeasuresTests: RunSuite {
  let folders: RunFolders
  private let spatial = Configuration.Spatial(turns: 20, shifts: 1, draws: 3)
  private let corruptions = Configuration.Corruptions(images: 5, severities: [2], kinds: [.contrast])

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
      $0.evaluation.agnosticImages = 4
      change(&$0)
    }
  }

  /// Stopped and resumed it is what it would have been; added later it is what it would have been from the start.
  @Test func addedOrResumedItIsTheSame() throws {
    let full = try configuration {
      $0.evaluation.spatial = spatial
      $0.evaluation.corruptions = corruptions
    }
    try expectResumed(
      full, in: runs.url, at: [("evaluate after task 2", 1), ("attack the readout after task 2", 2)])
    let whole = try Results(contentsOf: runs.url.appending(path: "whole/results.json"))
    let slice = try #require(whole.accuracy(of: .spatial))
    for (row, column) in [(0, 0), (1, 0), (1, 1)] {
      let clean = try #require(whole.accuracy(of: .clean(.taskAware))?.tally(after: row, on: column))
      let moved = try #require(slice.tally(after: row, on: column))
      #expect(moved.n == 8 && moved.correct <= clean.correct)
    }
    #expect(whole.metrics(of: .spatial)?.forgetting != nil)
    #expect(whole.consistency?.checked == 3 * 8 * 3 + 3 * 4 * 2 && whole.consistency?.holds == true)
    #expect(whole.spatial.contains("±20.0°") && whole.spatial.contains("3 random moves"))
    let page = try String(contentsOf: runs.url.appending(path: "whole/report.html"), encoding: .utf8)
    #expect(page.contains("turns and shifts") && page.contains("±20.0°"))

    let folder = runs.url.appending(path: "added")
    let before = try Experiment.train(configuration(), in: folder)
    #expect(before.accuracy(of: .spatial) == nil && before.spatial.isEmpty)
    let after = try Experiment.evaluate(folder, adding: .init(corruptions: corruptions, spatial: spatial))
    #expect(after.equalsIgnoringSeconds(whole))
    // The checkpoints know nothing of it, and a resumed run fills it in again.
    let resumed = try Experiment.train(full, in: folder, options: RunOptions(resume: true))
    #expect(resumed.equalsIgnoringSeconds(whole))
    #expect(try Experiment.evaluate(folder).equalsIgnoringSeconds(whole))
  }

  /// A contrast's own moves and images stay, and what would stand under a name that is taken is refused.
  @Test func whatIsThereInAnotherWayIsRefused() throws {
    let folder = runs.url.appending(path: "run")
    let contrast = Configuration.Contrast(
      name: "own",
      set: [
        "evaluation.spatial.shifts=2", "evaluation.corruptions.images=3", "evaluation.corruptions.severities=[1]",
        "evaluation.corruptions.kinds=[fog]",
      ])
    _ = try Experiment.train(
      configuration {
        $0.evaluation.attacks = []
        $0.contrasts = [contrast]
      }, in: folder)
    let results = try Experiment.evaluate(folder, adding: .init(corruptions: corruptions, spatial: spatial))
    let own = try #require(results.contrasts.first)
    #expect(results.spatial.contains("±1.0 pixels") && own.spatial.contains("±2.0 pixels"))
    #expect(results.corruptions.map(\.corruption) == ["none", "contrast", "none", "contrast"])
    let fog = try #require(own.corruptions.first { $0.corruption == "fog" })
    #expect(fog.severities == [1, 2] && fog.counts.allSatisfy { $0.n == 3 })
    #expect(own.corruptions.contains { $0.corruption == "contrast" })

    var other = spatial
    other.draws += 1
    #expect(throws: RunError.self) { try Experiment.evaluate(folder, adding: .init(spatial: other)) }
    #expect(throws: RunError.self) { try Experiment.evaluate(folder, adding: .init(corruptions: .init(images: 4))) }
  }

  @Test func extendingAndCovering() throws {
    let plain = Configuration.Evaluation()
    var full = plain
    try full.extend(.init(audit: .full, corruptions: corruptions, spatial: spatial))
    #expect(full.corruptions == corruptions && full.spatial == spatial && full.audit == .full)
    #expect(full.covers(plain) && !plain.covers(full))
    var more = full
    try more.extend(.init(corruptions: .init(images: 5, severities: [1, 5], kinds: [.fog]), spatial: spatial))
    #expect(more.corruptions == .init(images: 5, severities: [1, 2, 5], kinds: [.fog, .contrast]))
    #expect(more.covers(full) && !full.covers(more))
    var all = more
    try all.extend(.init(corruptions: .init(images: 5, severities: [2])))
    #expect(all.corruptions == .init(images: 5, severities: [1, 2, 5], kinds: []))
    #expect(all.covers(more) && !more.covers(all))
    var fewer = full
    fewer.corruptions.images = 4
    #expect(!full.covers(fewer) && !fewer.covers(full), "other images are another measurement")
    var farther = full
    farther.spatial.turns = 30
    #expect(!farther.covers(full))
    // What is left out is the same, however it is left out.
    var still = plain
    still.spatial.draws = 99
    still.corruptions.severities = [4]
    #expect(plain.covers(still) && still.covers(plain))
    try still.extend(.init(corruptions: .init(images: 0), spatial: .init()))
    #expect(still.corruptions.severities == [4] && still.spatial.draws == 99)
  }
}
