import Foundation
import Testing

@testable import Results

/// Against sums done by hand.
@Suite struct CorruptionErrorTests {
  private func record(_ task: String, _ corruption: String, _ counts: [(Int, Int)]) -> CorruptionRecord {
    CorruptionRecord(
      task: task, corruption: corruption, severities: corruption == "none" ? [0] : [1, 3],
      counts: counts.map { Tally(correct: $0, n: $1) })
  }

  /// Errors, the mean over tasks: fog 0.2 and 0.5, noise 0.25 and 1; as they are 0.15.
  private var own: [CorruptionRecord] {
    [
      record("one", "none", [(9, 10)]), record("one", "fog", [(8, 10), (6, 10)]),
      record("one", "noise", [(5, 10), (0, 10)]),
      record("two", "none", [(4, 5)]), record("two", "fog", [(4, 5), (2, 5)]),
      record("two", "noise", [(5, 5), (0, 5)]),
    ]
  }

  /// Fog 0.1 and 0.4, noise as given.
  private func reference(noise: [(Int, Int)]) -> [CorruptionRecord] {
    [
      record("one", "none", [(10, 10)]), record("one", "fog", [(9, 10), (6, 10)]), record("one", "noise", noise),
      record("two", "none", [(10, 10)]), record("two", "fog", [(9, 10), (6, 10)]), record("two", "noise", noise),
    ]
  }

  @Test func meansAreThoseDoneByHand() throws {
    let plain = try #require(CorruptionError(own))
    // (0.35 + 0.625) / 2
    #expect(abs(plain.mean - 0.4875) < 1e-12 && plain.corruptions == 2)
    #expect(abs(try #require(plain.clean) - 0.15) < 1e-12)
    #expect(plain.normalized == nil && plain.reference == nil)
    // CE of fog 0.7 / 0.5, of noise 1.25 / 1.25.
    let other = try #require(CorruptionError(own, reference: ("other", reference(noise: [(10, 20), (5, 20)]))))
    #expect(abs(try #require(other.normalized) - 1.2) < 1e-12)
    #expect(other.normalizedCorruptions == 2 && other.reference == "other" && other.mean == plain.mean)
  }

  /// A reference that never errs, or has not been asked, leaves a corruption to the plain mean.
  @Test func whatCannotBeDividedByIsLeftOut() throws {
    let perfect = try #require(CorruptionError(own, reference: ("perfect", reference(noise: [(4, 4), (4, 4)]))))
    #expect(abs(try #require(perfect.normalized) - 1.4) < 1e-12 && perfect.normalizedCorruptions == 1)
    let fogless = reference(noise: [(10, 20), (5, 20)]).filter { $0.corruption == "none" }
    let none = try #require(CorruptionError(own, reference: ("none", fogless)))
    #expect(none.normalized == nil && none.reference == nil && none.normalizedCorruptions == nil)
    let others = reference(noise: [(10, 20), (5, 20)]).map {
      CorruptionRecord(task: $0.task, corruption: $0.corruption, severities: [2, 4], counts: $0.counts)
    }
    #expect(try #require(CorruptionError(own, reference: ("others", others))).normalized == nil)
  }

  /// A corruption that does not suit one task is not averaged over the rest.
  @Test func aCorruptionLeftOutOfOneTaskIsLeftOut() throws {
    var records = own
    records[4].counts = []
    records[4].note = "no"
    #expect(records.corruptions == ["noise"] && records.leftOut.map(\.reason) == ["no"])
    #expect(abs(try #require(CorruptionError(records)).mean - 0.625) < 1e-12)
    #expect(CorruptionError([]) == nil)
    #expect(CorruptionError(own.filter { $0.corruption == "none" }) == nil)
  }

  @Test func imagesOfAllTasksAreCountedTogether() {
    #expect(own.tally("fog", severity: 3) == Tally(correct: 8, n: 15))
    #expect(own.tally("none", severity: 0) == Tally(correct: 13, n: 15))
    #expect(own.tally("fog", severity: 2) == nil && own.severities == [1, 3])
  }

  @Test func theFirstContrastIsTheReference() throws {
    let tasks = [TaskRecord(name: "one", classes: ["a"], trainImages: 1, testImages: 10)]
    var results = Results(name: "r", strategy: "adapters", network: "", seed: 0, tasks: tasks)
    results.corruptions = own
    var contrast = Results(name: "plain", strategy: "fine-tuning", network: "", seed: 0, tasks: tasks)
    results.contrasts = [contrast]
    contrast.corruptions = reference(noise: [(10, 20), (5, 20)])
    results.contrasts.append(contrast)
    results.contrasts[0].name = "not measured"
    results.computeCorruptionErrors()
    #expect(results.corruptionError?.reference == "plain" && results.contrasts[0].corruptionError == nil)
    #expect(results.contrasts[1].corruptionError?.normalized == 1)
    #expect(try Results(json: results.json()) == results)
  }

  @Test func recordsThatCannotBeAreRefused() throws {
    var results = Results(name: "r", strategy: "s", network: "", seed: 0, tasks: [])
    for counts in [[(1, 2)], [(1, 2), (1, 3)]] {
      results.corruptions = [record("one", "fog", counts)]
      let json = try results.json()
      #expect(throws: ResultsError.self) { try Results(json: json) }
    }
    results.corruptions = []
    var moved = MovedInference(measure: "fgsm", norm: .linf, epsilon: try Rational("1/255"), tasks: 1)
    moved.inferred[0] = Tally(correct: 1, n: 4)
    moved.moved[0] = Tally(correct: 1, n: 4)
    results.taskInference = TaskInference([nil], underAttack: [moved])
    #expect(try Results(json: results.json()) == results)
    results.taskInference?.underAttack[0].moved[0] = Tally(correct: 2, n: 4)
    let json = try results.json()
    #expect(throws: ResultsError.self) { try Results(json: json) }
  }

  /// Files of earlier versions say nothing of either.
  @Test func olderInferenceIsRead() throws {
    let old = try JSONDecoder().decode(
      TaskInference.self, from: Data(#"{"accuracy": [0.5], "counts": [[1, 2]], "rule": "entropy"}"#.utf8))
    #expect(old == TaskInference([Tally(correct: 1, n: 2)], rule: "entropy"))
  }
}
