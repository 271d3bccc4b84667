import Foundation
import Results
import Testing
import TorchCore

@testable import Continual

/// What a damaged checkpoint may cost: itself, and nothing that is written after it.
@TorchActor @Suite struct CheckpointStoreTests {
  let data: TemporaryFolder
  let runs: TemporaryFolder

  init() throws {
    data = try TemporaryFolder()
    runs = try TemporaryFolder()
    try BarImages.write(to: data.url, classes: 6, train: 12, test: 4)
  }

  private var folder: URL { runs.url.appending(path: "run") }
  private var store: CheckpointStore { CheckpointStore(root: folder.appending(path: "checkpoints")) }

  /// Three tasks; images whose task is not given are attacked too.
  private func configuration() throws -> Configuration {
    try .tiny(data.url) {
      $0.training.trunkEpochs = 2
      $0.training.epochs = 2
      $0.evaluation.attacks = [.init(name: .fgsm, norm: .linf, epsilons: $0.evaluation.attacks[0].epsilons)]
      $0.evaluation.agnosticImages = 4
      $0.evaluation.bracketsPerTask = 0
      $0.evaluation.galleryPerTask = 0
    }
  }

  /// Files of settled tasks are links to those of the checkpoint before; never to those of one that was passed over.
  @Test func noCheckpointInheritsFromADamagedOne() throws {
    let expected = try Experiment.train(configuration(), in: folder)
    let files = try fingerprint(of: folder)
    let newest = try #require(store.entries().last)
    #expect(newest.lesson == 2)
    let settled = newest.url.appending(path: "task-001.json")
    // A new file, so that the other checkpoints' links keep what they have.
    try FileManager.default.removeItem(at: settled)
    try Data("garbage".utf8).write(to: settled)
    // What it says of the images is said by its predecessor too.
    #expect(try store.imageDigests() != nil && store.issuedBounds().count == 3)

    let results = try Experiment.train(configuration(), in: folder, options: RunOptions(resume: true))
    #expect(results.equalsIgnoringSeconds(expected))
    for entry in store.entries() { _ = try store.read(entry) }
    let verification = try Experiment.verify(folder)
    #expect(verification.passed, "\(verification)")
    #expect(try fingerprint(of: folder) == files)
  }

  /// A process that ended while it wrote leaves a folder that nothing would ever ask for.
  @Test func whatAnEndedWriteLeftIsRemoved() throws {
    _ = try Experiment.train(configuration(), in: folder)
    let found = try #require(try store.newest())
    let leftovers = [".lesson-002-step-4.tmp", ".lesson-001.old.tmp"].map { store.root.appending(path: $0) }
    let aside = store.root.appending(path: ".lesson-002.old.tmp")
    for url in leftovers { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    try FileManager.default.moveItem(at: store.root.appending(path: "lesson-002"), to: aside)
    _ = try store.write(found.checkpoint, after: found.entry)
    #expect(leftovers.allSatisfy { !FileManager.default.fileExists(atPath: $0.path) })
    // One without a successor is the checkpoint itself.
    #expect(store.completed().map(\.lesson) == [0, 1, 2] && store.completed()[1].url == aside)
  }

  /// Lists shorter or longer than there are tasks, and files that no memory holds, are an error and no trap.
  @Test func aStateThatDoesNotAgreeWithItselfIsDamaged() throws {
    _ = try Experiment.train(configuration(), in: folder)
    let newest = try #require(store.entries().last)
    let url = newest.url.appending(path: "state.json")
    let content = try Data(contentsOf: url)
    let whole = try #require(JSONSerialization.jsonObject(with: content) as? [String: Any])
    let slice = try JSONSerialization.jsonObject(
      with: JSONEncoder().encode(MeasuredAccuracy(.clean(.taskAware), tasks: 1)))

    func expectDamaged(_ change: (inout [String: Any]) throws -> Void) throws {
      var state = whole
      try change(&state)
      try JSONSerialization.data(withJSONObject: state).write(to: url)
      #expect(
        throws: RunError.damaged(
          path: url.path, reason: "does not agree with itself about the number of tasks")
      ) { try store.read(newest) }
    }
    func change(_ field: String, _ change: ([Any]) -> [Any]) throws {
      try expectDamaged { state in
        var evaluation = try #require(state["evaluation"] as? [String: Any])
        var moved = try #require(evaluation["movedInference"] as? [[String: Any]])
        moved[0][field] = change(try #require(moved[0][field] as? [Any]))
        evaluation["movedInference"] = moved
        state["evaluation"] = evaluation
      }
    }
    try expectDamaged { state in
      var evaluation = try #require(state["evaluation"] as? [String: Any])
      evaluation["accuracy"] = [slice]
      state["evaluation"] = evaluation
    }
    try expectDamaged { $0["issued"] = [Any]() }
    try change("inferred") { $0.dropLast() }
    try change("moved") { $0 + [NSNull()] }

    try content.write(to: url)
    _ = try store.read(newest)
    #expect(truncate(url.path, off_t(256 << 20) + 1) == 0)
    #expect { try store.read(newest) } throws: { "\($0)".contains("it is longer than 268435456 bytes") }
  }
}
