import Foundation
import Lipschitz
import OrderedCollections
import TensorFiles

/// The checkpoints of a run: a folder each, written under a temporary name, flushed and renamed, the previous one kept.
struct CheckpointStore {
  let root: URL

  private static let optimizerFile = "optimizer"
  private static let stateFile = "state.json"
  private static let tensorsSuffix = ".safetensors"
  /// Of what a settled task leaves.
  private static let settledSuffix = ".json"

  struct Entry: Comparable {
    let url: URL
    let lesson: Int
    /// nil: the lesson is complete.
    let step: Int?

    /// In the order in which a run makes them.
    static func < (a: Entry, b: Entry) -> Bool {
      (a.lesson, a.step ?? Int.max) < (b.lesson, b.step ?? Int.max)
    }
  }

  /// What is there, oldest first. Folders with other names (temporary ones of an interrupted write) do not count, but
  /// for one that stepped aside for another that never came.
  func entries() -> [Entry] {
    let names = self.names
    let present = names.compactMap { entry($0, in: $0) }
    let aside = names.compactMap { name in Self.nameBeforeAside(name).flatMap { entry($0, in: name) } }
    return (present + aside.filter { old in !present.contains { ($0.lesson, $0.step) == (old.lesson, old.step) } })
      .sorted()
  }

  private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? [] }

  /// Those of completed lessons.
  func completed() -> [Entry] { entries().filter { $0.step == nil } }

  private static func name(lesson: Int, step: Int?) -> String {
    "lesson-" + (lesson + 1).padded(to: 3) + (step.map { "-step-\($0)" } ?? "")
  }

  private static let asideSuffix = ".old.tmp"

  private static func aside(_ name: String) -> String { ".\(name)\(asideSuffix)" }

  private static func nameBeforeAside(_ name: String) -> String? {
    name.hasPrefix(".") && name.hasSuffix(asideSuffix) ? String(name.dropFirst().dropLast(asideSuffix.count)) : nil
  }

  /// The checkpoint of this name, in a folder that may be called otherwise.
  private func entry(_ name: String, in folder: String) -> Entry? {
    let parts = name.split(separator: "-")
    guard parts.first == "lesson", parts.count == 2 || parts.count == 4, let number = Int(parts[1]), number >= 1 else {
      return nil
    }
    let step = parts.count == 4 && parts[2] == "step" ? Int(parts[3]) : nil
    guard (parts.count == 2) == (step == nil), Self.name(lesson: number - 1, step: step) == name else { return nil }
    return Entry(url: root.appending(path: folder), lesson: number - 1, step: step)
  }

  // MARK: Writing

  /// Writes a checkpoint. Files that equal the previous checkpoint's are hard links to them, so that frozen tensors are
  /// stored once however many tasks follow.
  func write(_ checkpoint: Checkpoint) throws {
    let state = checkpoint.state
    let name = Self.name(lesson: state.lesson, step: state.isComplete ? nil : state.progress.step)
    let previous = entries().last
    let temporary = root.appending(path: ".\(name).tmp")
    try? FileManager.default.removeItem(at: temporary)
    try FileManager.default.makeFolder(temporary)
    for (file, tensors) in checkpoint.files {
      try write(tensors, named: file, in: temporary, reusing: previous?.url)
    }
    for (file, source) in checkpoint.stored {
      try put(source, in: temporary.appending(path: file + Self.tensorsSuffix))
    }
    for (task, name) in state.settledNames.enumerated() {
      let target = temporary.appending(path: name + Self.settledSuffix)
      if let source = previous?.url.appending(path: name + Self.settledSuffix), link(source.path, target.path) == 0 {
        continue
      }
      try AtomicFile.write(Self.encoder().encode(state.settled(task)), to: target)
    }
    if !checkpoint.optimizer.isEmpty {
      try write(checkpoint.optimizer, named: Self.optimizerFile, in: temporary, reusing: nil)
    }
    try AtomicFile.write(
      Self.encoder(.prettyPrinted).encode(state.thinned), to: temporary.appending(path: Self.stateFile))
    try put(temporary, at: root.appending(path: name))
    prune(keeping: name)
  }

  private static func encoder(_ formatting: JSONEncoder.OutputFormatting = []) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
    return encoder
  }

  /// A file of an earlier checkpoint under a new name; a copy where the file system has no links.
  private func put(_ source: URL, in target: URL) throws {
    guard link(source.path, target.path) != 0 else { return }
    do {
      try FileManager.default.copyItem(at: source, to: target)
    } catch {
      throw RunError.io(path: source.path, reason: "\(error.localizedDescription)")
    }
  }

  private func write(
    _ tensors: OrderedDictionary<String, HostTensor>, named file: String, in folder: URL, reusing previous: URL?
  ) throws {
    let target = folder.appending(path: file + Self.tensorsSuffix)
    if let source = previous?.appending(path: file + Self.tensorsSuffix),
      let old = try? SafetensorsFile(contentsOf: source), old.tensors == tensors,
      link(source.path, target.path) == 0
    {
      return
    }
    try SafetensorsFile(tensors: tensors).write(to: target)
  }

  /// Renames a complete folder into place. One of the same name, which a resumed run writes again, steps aside first;
  /// should the run end between the two renames, it is still found there.
  private func put(_ temporary: URL, at target: URL) throws {
    let aside = root.appending(path: Self.aside(target.lastPathComponent))
    if FileManager.default.fileExists(atPath: target.path) {
      try? FileManager.default.removeItem(at: aside)
      _ = rename(target.path, aside.path)
    }
    guard rename(temporary.path, target.path) == 0 else {
      throw RunError.io(path: target.path, reason: String(cString: strerror(errno)))
    }
    try AtomicFile.synchronizeFolder(root)
    try? FileManager.default.removeItem(at: aside)
  }

  /// Keeps every completed lesson's checkpoint, and of those within lessons the newest two; none that stepped aside and
  /// has its successor.
  private func prune(keeping name: String) {
    let names = self.names
    for name in names where Self.nameBeforeAside(name).map(names.contains) == true {
      try? FileManager.default.removeItem(at: root.appending(path: name))
    }
    for entry in entries().filter({ $0.step != nil }).dropLast(2) where entry.url.lastPathComponent != name {
      try? FileManager.default.removeItem(at: entry.url)
    }
  }

  // MARK: Reading

  /// The newest checkpoint that is whole, and a line about each newer one that is not.
  func newest() throws -> (checkpoint: Checkpoint, damaged: [String])? {
    var damaged: [String] = []
    for entry in entries().reversed() {
      do {
        return (try read(entry), damaged)
      } catch {
        damaged.append("\(error)")
      }
    }
    guard damaged.isEmpty else {
      throw RunError.damaged(path: root.path, reason: "no checkpoint can be read: \(damaged.joined(separator: "; "))")
    }
    return nil
  }

  /// The file of a task's part in the checkpoint of the lesson that it was learned in; nil without that checkpoint.
  func part(_ task: Int, lesson: Int) -> URL? {
    let url = root.appending(path: Self.name(lesson: lesson, step: nil))
      .appending(path: TaskModels.partFile(task) + Self.tensorsSuffix)
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }

  /// Reads a checkpoint and compares every tensor with the digest stored beside it.
  /// - Throws: `RunError.damaged` or `TensorFileError`, naming the file or the tensor.
  func read(_ entry: Entry) throws -> Checkpoint {
    let checkpoint = try readUnchecked(entry)
    if let difference = checkpoint.firstDamage {
      throw RunError.damaged(path: entry.url.path, reason: difference)
    }
    return checkpoint
  }

  /// Reads a checkpoint as it is.
  func readUnchecked(_ entry: Entry) throws -> Checkpoint {
    let state = try readState(entry)
    var files: OrderedDictionary<String, OrderedDictionary<String, HostTensor>> = [:]
    for file in state.fileNames {
      files[file] = try SafetensorsFile(contentsOf: entry.url.appending(path: file + Self.tensorsSuffix)).tensors
    }
    let optimizer =
      !state.hasOptimizer
      ? [:]
      : try SafetensorsFile(contentsOf: entry.url.appending(path: Self.optimizerFile + Self.tensorsSuffix)).tensors
    return Checkpoint(state: state, files: files, optimizer: optimizer)
  }

  /// The newest checkpoint's SHA-256 of the images, by role; nil without one.
  func imageDigests() throws -> [String: String]? { try entries().last.map { try readState($0).data } }

  /// By task, the bounds that the newest checkpoint keeps; none without one, or of a version that kept none.
  func issuedBounds() throws -> [IssuedBound?] { try entries().last.map { try readState($0).issued ?? [] } ?? [] }

  private func readState(_ entry: Entry) throws -> Checkpoint.State {
    let url = entry.url.appending(path: Self.stateFile)
    func damaged(_ reason: String) -> RunError { .damaged(path: url.path, reason: reason) }
    var state: Checkpoint.State
    do {
      let content = try Data(contentsOf: url)
      // First: a state of another version may lack what this one holds.
      let schema = try JSONDecoder().decode(SchemaOnly.self, from: content).schema
      guard [Checkpoint.schema, Checkpoint.olderSchema].contains(schema) else {
        throw damaged("has schema '\(schema)', this version reads \(Checkpoint.schema)")
      }
      state = try JSONDecoder().decode(Checkpoint.State.self, from: content)
    } catch let error as RunError {
      throw error
    } catch {
      throw damaged("cannot be read: \(Self.reason(error))")
    }
    guard state.lesson == entry.lesson, state.isComplete == (entry.step == nil),
      entry.step == nil || entry.step == state.progress.step
    else { throw damaged("does not belong to its folder") }
    guard (0...100_000).contains(state.parts), state.progress.step >= 0, state.eventOffset >= 0,
      state.progress.epochLoss.isFinite, state.trainSeconds.isFinite
    else { throw damaged("holds numbers that no run writes") }
    let tasks = state.evaluation.inference.count
    if state.parts <= tasks, state.schema == Checkpoint.schema {
      state = state.completed(by: try state.settledNames.enumerated().map { try settled($0, $1, in: entry.url) })
    }
    guard state.parts <= tasks, state.evaluation.accuracy.allSatisfy({ $0.accuracy.tasks == tasks }),
      state.issued?.count ?? tasks == tasks
    else {
      throw damaged("does not agree with itself about the number of tasks")
    }
    return state
  }

  private func settled(_ task: Int, _ name: String, in folder: URL) throws -> SettledTask {
    let url = folder.appending(path: name + Self.settledSuffix)
    let settled: SettledTask
    do {
      settled = try JSONDecoder().decode(SettledTask.self, from: Data(contentsOf: url))
    } catch {
      throw RunError.damaged(path: url.path, reason: "cannot be read: \(Self.reason(error))")
    }
    guard settled.rows.allSatisfy({ $0.tallies.count == task + 1 }) else {
      throw RunError.damaged(path: url.path, reason: "is not of task \(task + 1)")
    }
    return settled
  }

  private struct SchemaOnly: Decodable { let schema: String }

  /// Foundation's decoding errors bury the reason.
  private static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.dataCorrupted(let context): context.debugDescription
    case DecodingError.keyNotFound(let key, _): "'\(key.stringValue)' is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      context.debugDescription
    default: error.localizedDescription
    }
  }
}

extension Checkpoint {
  /// The first tensor that is not what was stored, in words; nil where all are.
  var firstDamage: String? {
    let found = digests
    if let changed = found.keys.first(where: { state.digests[$0] != found[$0] }) {
      return "tensor \(changed) is not what the checkpoint recorded"
    }
    return state.digests.keys.sorted().first { found[$0] == nil }.map { "tensor \($0) is missing" }
  }
}
