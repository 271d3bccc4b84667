import Foundation
import RandomStreams
import Results
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct EvaluationJournalTests {
  private let file = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID().uuidString).jsonl")

  init() throws { try useOneThread() }

  private func evaluation() throws -> Evaluation {
    let plan = try EvaluationPlan(
      attacks: [
        PlannedAttack(FGSM(), .linf, [Rational("2/255"), Rational("8/255")]),
        PlannedAttack(PGD(steps: 3, restarts: 2), .l2, [Rational("1/5")], form: .envelope),
      ], batchSize: 4, grid: PixelGrid())
    return Evaluation(try convolutionalNetwork(), plan, stream: RandomStream(seed: 3))
  }

  /// - Parameter limit: batches after which the caller asks to stop.
  private func run(_ journal: EvaluationJournal?, stoppingAfter limit: Int = .max) throws -> (EvaluationOutcome, Int) {
    let evaluation = try evaluation()
    let pixels = try images(14, seed: 8)
    let labels = try ownLabels(convolutionalNetwork(), pixels)
    var (computed, done) = (0, 0)
    let outcome = try evaluation.run(
      labels: labels, indices: Array(100..<114),
      pixels: { range in
        computed += 1
        return try pixels.narrowed(0, from: range.lowerBound, count: range.count)
      }, progress: { _ in done += 1 }, stopIfAsked: { if done >= limit { throw CancellationError() } },
      journal: journal?.part(of: "1"))
    return (outcome, computed)
  }

  @Test func aStoppedEvaluationGoesOnAndEqualsTheWholeOne() throws {
    defer { try? FileManager.default.removeItem(at: file) }
    let (whole, batches) = try run(nil)
    #expect(batches == 4 && whole.attacks.allSatisfy { $0.correctOnGrid?.count == 14 })
    let identity = ["seed": "3"]
    #expect(throws: CancellationError.self) {
      try run(EvaluationJournal(file, identity: identity), stoppingAfter: 2)
    }
    // The third line is cut off in the middle, as a power failure would.
    var bytes = try Data(contentsOf: file)
    bytes.append(Data("{\"start\":8,\"outc".utf8))
    try bytes.write(to: file)
    let (resumed, rest) = try run(EvaluationJournal(file, identity: identity))
    #expect(rest == 2, "the first two batches are known")
    #expect(resumed.attacks == whole.attacks && resumed.cleanPredictions == whole.cleanPredictions)
    let (again, none) = try run(EvaluationJournal(file, identity: identity))
    #expect(none == 0 && again.attacks == whole.attacks)
  }

  @Test func anotherEvaluationIsRefused() throws {
    defer { try? FileManager.default.removeItem(at: file) }
    _ = try EvaluationJournal(file, identity: ["seed": "3", "threads": "1"])
    #expect(throws: RobustnessError.journalDiffers(path: file.path, what: ["seed"])) {
      try EvaluationJournal(file, identity: ["seed": "4", "threads": "1"])
    }
    for text in ["", "no journal", "{}\n", "[1]\n[2]\n"] where !text.isEmpty {
      try Data(text.utf8).write(to: file)
      #expect(throws: RobustnessError.journalUnreadable(path: file.path)) {
        try EvaluationJournal(file, identity: [:])
      }
    }
  }

  /// Two that write to one file would cut off each other's lines.
  @Test func aJournalInUseIsRefused() throws {
    defer { try? FileManager.default.removeItem(at: file) }
    let journal = try EvaluationJournal(file, identity: [:])
    let header = try Data(contentsOf: file)
    // Nor does one with another identity, or one that is to be written anew, touch it.
    for identity in [[:], ["seed": "3"]] {
      #expect(throws: RobustnessError.journalInUse(path: file.path)) {
        try EvaluationJournal(file, identity: identity)
      }
    }
    _ = try run(journal)
    #expect(try Data(contentsOf: file).starts(with: header))
    withExtendedLifetime(journal) {}
  }

  /// It is free again once its owner is gone.
  @Test func aJournalIsFreedByItsEnd() throws {
    defer { try? FileManager.default.removeItem(at: file) }
    do {
      let journal = try EvaluationJournal(file, identity: [:])
      _ = try run(journal)
    }
    let (_, computed) = try run(EvaluationJournal(file, identity: [:]))
    #expect(computed == 0)
  }

  /// A power failure within the first line leaves nothing worth keeping, and no trouble either.
  @Test func aFirstLineThatWasCutOffIsWrittenAnew() throws {
    defer { try? FileManager.default.removeItem(at: file) }
    _ = try EvaluationJournal(file, identity: ["seed": "3"])
    let header = try Data(contentsOf: file)
    for length in [1, header.count / 2, header.count - 1] {
      try header.prefix(length).write(to: file)
      let (first, _) = try run(EvaluationJournal(file, identity: ["seed": "3"]))
      let (again, computed) = try run(EvaluationJournal(file, identity: ["seed": "3"]))
      #expect(computed == 0 && again.attacks == first.attacks, "\(length) bytes of the header")
      try FileManager.default.removeItem(at: file)
    }
    try header.dropLast().write(to: file)
    #expect(throws: RobustnessError.journalUnreadable(path: file.path)) {
      try EvaluationJournal(file, identity: ["seed": "4"])
    }
  }

  /// Numbers that could not be added up, or that contradict each other.
  @Test(arguments: [
    ("\"queries\":[", "\"queries\":[9223372036854775807,"), ("\"distances\":[", "\"distances\":[-1,"),
    ("\"evaluations\":", "\"evaluations\":9223372036854775"),
  ])
  func hostileNumbersAreDropped(_ old: String, _ new: String) throws {
    defer { try? FileManager.default.removeItem(at: file) }
    _ = try run(EvaluationJournal(file, identity: [:]))
    var lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    // The number in front takes the place of another one, so that lists stay equally long.
    let parts = lines[1].components(separatedBy: old)
    #expect(parts.count > 1)
    lines[1] =
      parts[0] + new
      + (old.hasSuffix("[") ? parts[1].drop { $0 != "," && $0 != "]" }.drop { $0 == "," } : parts[1][...])
      + parts.dropFirst(2).map { old + $0 }.joined()
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
    let (outcome, computed) = try run(EvaluationJournal(file, identity: [:]))
    #expect(computed == 4)
    #expect(try outcome.attacks == run(nil).0.attacks)
  }

  /// Lists of unequal length, as a damaged or hostile file may hold: dropped, and all that follows.
  @Test func linesThatAreNotWholeAreDropped() throws {
    defer { try? FileManager.default.removeItem(at: file) }
    _ = try run(EvaluationJournal(file, identity: [:]))
    var lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    lines[2] = lines[2].replacing("\"cleanPredictions\":[", with: "\"cleanPredictions\":[0,")
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
    let (outcome, computed) = try run(EvaluationJournal(file, identity: [:]))
    #expect(computed == 3)
    #expect(try outcome.attacks == run(nil).0.attacks)
  }
}
