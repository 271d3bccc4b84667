import Foundation
import Results
import Testing
import TorchCore

@testable import Continual

/// What `verify` leaves out because it has seen it is nothing that could differ.
@TorchActor @Suite struct LinkedFilesTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars(classes: 6, train: 6, test: 2)
  }

  private var folder: URL { runs.url.appending(path: "run") }
  private var store: CheckpointStore { CheckpointStore(root: folder.appending(path: "checkpoints")) }

  /// Three tasks.
  private func train() throws {
    _ = try Experiment.train(
      .bare(data.url) {
        $0.training.trunkEpochs = 1
        $0.training.epochs = 1
      }, in: folder)
  }

  @Test func eachFileIsReadOnce() throws {
    try train()
    let entries = store.completed()
    let linked = LinkedFiles()
    let first = try entries.map { try linked.tensors("task-001", in: $0) }
    let left = try entries.map { try linked.settled(0, in: $0, of: store) }
    #expect(entries.count == 3 && first.allSatisfy { $0 === first[0] } && left.allSatisfy { $0 === left[0] })
    #expect(try linked.tensors("task-002", in: entries[2]) !== first[0])

    // The same content in a file of its own is another file; so is the same file once it is changed.
    let url = entries[2].url.appending(path: "task-001.safetensors")
    let content = try Data(contentsOf: url)
    try FileManager.default.removeItem(at: url)
    try content.write(to: url)
    let copy = try linked.tensors("task-001", in: entries[2])
    #expect(copy !== first[0] && copy.digests == first[0].digests)
    let handle = try FileHandle(forWritingTo: url)
    try handle.seek(toOffset: UInt64(content.count - 1))
    try handle.write(contentsOf: [content[content.count - 1] ^ 1])
    try handle.close()
    // Within a tick of the file system's clock its times would be the same.
    try FileManager.default.setAttributes([.modificationDate: Date.now.addingTimeInterval(60)], ofItemAtPath: url.path)
    #expect(try linked.tensors("task-001", in: entries[2]).digests != first[0].digests)
    #expect(try linked.tensors("task-001", in: entries[1]).digests == first[0].digests)
  }

  /// What is found without looking at all tensors is what looking at all finds.
  @Test func digestsAreThoseOfTheWholeCheckpoint() throws {
    try train()
    let linked = LinkedFiles()
    for entry in store.entries() {
      let whole = try store.read(entry)
      let digests = try CheckpointDigests(entry, of: store, linked)
      let expected = TensorDigest.digests(whole.files)
      #expect(digests.state == whole.state && digests.digests == expected && digests.count == expected.count)
      var check = CheckpointCheck(published: nil)
      #expect(check.difference(digests) == nil)
    }
    let verification = try Experiment.verify(folder)
    #expect(verification.passed && verification.detail.contains { $0.hasPrefix("lesson-003: ") }, "\(verification)")
  }

  /// Every record of a digest in turn: a task's own file, the state, the results. Files that others link to stay.
  @Test func everyLieIsNamed() throws {
    try train()
    let newest = try #require(store.completed().last).url
    let wrong = String(repeating: "0", count: 64)

    func expect(
      _ reason: String, in url: URL, _ change: (inout [String: Any]) throws -> Void,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let content = try Data(contentsOf: url)
      var object = try #require(JSONSerialization.jsonObject(with: content) as? [String: Any])
      try change(&object)
      try FileManager.default.removeItem(at: url)
      try JSONSerialization.data(withJSONObject: object).write(to: url)
      let difference = try Experiment.verify(folder).firstDifference
      #expect(difference == reason, sourceLocation: sourceLocation)
      try content.write(to: url)
      #expect(try Experiment.verify(folder).passed, sourceLocation: sourceLocation)
    }
    func change(_ name: String, _ object: inout [String: Any], _ change: (inout [String: Any]) -> Void) throws {
      var digests = try #require(object[name] as? [String: Any])
      change(&digests)
      object[name] = digests
    }

    let settled = newest.appending(path: "task-001.json")
    try expect("lesson-003: tensor task-001/head.bias is not what the checkpoint recorded", in: settled) {
      try change("recorded", &$0) { $0["task-001/head.bias"] = wrong }
    }
    try expect("lesson-003: tensor task-001/head.bias is not what the checkpoint recorded", in: settled) {
      try change("recorded", &$0) { $0["task-001/head.bias"] = nil }
    }
    try expect("lesson-003: tensor logits/task-001 is not what the checkpoint recorded", in: settled) {
      try change("recorded", &$0) { $0["logits/task-001"] = wrong }
    }
    try expect("lesson-003: tensor task-001/more is missing", in: settled) {
      try change("recorded", &$0) { $0["task-001/more"] = wrong }
    }
    let state = newest.appending(path: "state.json")
    try expect("lesson-003: tensor task-002/head.bias is not what the checkpoint recorded", in: state) {
      try change("digests", &$0) { $0["task-002/head.bias"] = wrong }
    }
    try expect("lesson-003: tensor trunk/layer2.0.conv1.weight is not what the checkpoint recorded", in: state) {
      try change("recorded", &$0) { $0["trunk/layer2.0.conv1.weight"] = wrong }
    }
    try expect("lesson-003: tensor trunk/more is missing", in: state) {
      try change("digests", &$0) { $0["trunk/more"] = wrong }
    }
    try expect(
      "lesson-001: tensor task-001/head.bias is not what results.json says was recorded",
      in: folder.appending(path: "results.json")
    ) {
      try change("nonForgetting", &$0) { nonForgetting in
        var digests = nonForgetting["digests"] as? [String: Any] ?? [:]
        digests["task-001/head.bias"] = wrong
        nonForgetting["digests"] = digests
      }
    }
  }

  /// Whose a digest is decides which file it stands in, and nothing else.
  @Test func recordedDigestsAreWhatTheyWere() throws {
    let all = [
      "trunk/conv1.weight": "a", "task-001/head.bias": "b", "task-001/adapter.x/y": "c", "logits/task-001": "d",
      "logits/task-012": "e", "expansion/weight": "f", "alone": "g", "": "h",
    ]
    var recorded = RecordedDigests(all)
    #expect(recorded.all == all && recorded.count == all.count)
    #expect(recorded.of(task: 0) == all.filter { "bcd".contains($0.value) })
    #expect(recorded.of(task: 11) == ["logits/task-012": "e"] && recorded.of(task: 1).isEmpty)
    #expect(recorded.shared.all == all.filter { "afgh".contains($0.value) })
    #expect(recorded["logits/task-012"] == "e" && recorded["task-012/logits"] == nil)
    recorded.merge(["trunk/conv1.weight": "z"])
    #expect(recorded["trunk/conv1.weight"] == "z" && recorded.count == all.count)
    let coded = try JSONEncoder().encode(recorded)
    #expect(try JSONDecoder().decode([String: String].self, from: coded) == recorded.all)
    #expect(try JSONDecoder().decode(RecordedDigests.self, from: coded) == recorded)
  }
}
