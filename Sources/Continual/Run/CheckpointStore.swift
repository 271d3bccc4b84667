import Foundation
import OrderedCollections
import TensorFiles

/// The checkpoints of a run: a folder each, written under a temporary name, flushed and renamed, the previous one kept.
struct CheckpointStore {
  let root: URL

  static let optimizerFile = "optimizer"
  private static let stateFile = "state.json"

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

  /// What is there, oldest first. Folders with other names (temporary ones of an interrupted write) do not count.
  func entries() -> [Entry] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.compactMap(entry).sorted()
  }

  private static func name(lesson: Int, step: Int?) -> String {
    "lesson-" + paddedNumber(lesson + 1) + (step.map { "-step-\($0)" } ?? "")
  }

  private func entry(_ name: String) -> Entry? {
    let parts = name.split(separator: "-")
    guard parts.first == "lesson", parts.count == 2 || parts.count == 4, let number = Int(parts[1]), number >= 1 else {
      return nil
    }
    let step = parts.count == 4 && parts[2] == "step" ? Int(parts[3]) : nil
    guard (parts.count == 2) == (step == nil), Self.name(lesson: number - 1, step: step) == name else { return nil }
    return Entry(url: root.appending(path: name), lesson: number - 1, step: step)
  }

  /// Writes a checkpoint. Files that equal the previous checkpoint's are hard links to them, so that frozen tensors are
  /// stored once however many tasks follow.
  func write(_ checkpoint: Checkpoint) throws {
    let state = checkpoint.state
    let name = Self.name(lesson: state.lesson, step: state.isComplete ? nil : state.progress.step)
    let previous = entries().last
    let temporary = root.appending(path: ".\(name).tmp")
    do {
      try? FileManager.default.removeItem(at: temporary)
      try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
    } catch {
      throw RunError.io(path: temporary.path, reason: error.localizedDescription)
    }
    for (file, tensors) in checkpoint.files {
      try write(tensors, named: file, in: temporary, reusing: previous?.url)
    }
    if !checkpoint.optimizer.isEmpty {
      try write(checkpoint.optimizer, named: Self.optimizerFile, in: temporary, reusing: nil)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(encoder.encode(state), to: temporary.appending(path: Self.stateFile))

    let target = root.appending(path: name)
    if FileManager.default.fileExists(atPath: target.path) {
      try? FileManager.default.removeItem(at: target)
    }
    guard rename(temporary.path, target.path) == 0 else {
      throw RunError.io(path: target.path, reason: String(cString: strerror(errno)))
    }
    try AtomicFile.synchronizeFolder(root)
    prune()
  }

  private func write(
    _ tensors: OrderedDictionary<String, HostTensor>, named file: String, in folder: URL, reusing previous: URL?
  ) throws {
    let target = folder.appending(path: file + ".safetensors")
    if let source = previous?.appending(path: file + ".safetensors"),
      let old = try? SafetensorsFile(contentsOf: source), old.tensors == tensors,
      link(source.path, target.path) == 0
    {
      return
    }
    try SafetensorsFile(tensors: tensors).write(to: target)
  }

  /// Keeps every completed lesson's checkpoint, and of those within lessons the newest two.
  private func prune() {
    for entry in entries().filter({ $0.step != nil }).dropLast(2) {
      try? FileManager.default.removeItem(at: entry.url)
    }
  }

  /// The newest checkpoint that can be read, and a line about each newer one that cannot.
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

  func read(_ entry: Entry) throws -> Checkpoint {
    let stateURL = entry.url.appending(path: Self.stateFile)
    let state: Checkpoint.State
    do {
      state = try JSONDecoder().decode(Checkpoint.State.self, from: Data(contentsOf: stateURL))
    } catch {
      throw RunError.damaged(path: stateURL.path, reason: "cannot be read: \(Self.reason(error))")
    }
    guard state.schema == Checkpoint.schema else {
      throw RunError.damaged(
        path: stateURL.path, reason: "has schema '\(state.schema)', this version reads \(Checkpoint.schema)")
    }
    guard state.lesson == entry.lesson, state.isComplete == (entry.step == nil), (0...100_000).contains(state.parts)
    else { throw RunError.damaged(path: stateURL.path, reason: "does not belong to its folder") }

    var files: OrderedDictionary<String, OrderedDictionary<String, HostTensor>> = [:]
    for file in [TaskModels.trunkFile, ReferenceLogits.file] + (0..<state.parts).map(TaskModels.partFile) {
      files[file] = try SafetensorsFile(contentsOf: entry.url.appending(path: file + ".safetensors")).tensors
    }
    let optimizer =
      state.isComplete
      ? [:] : try SafetensorsFile(contentsOf: entry.url.appending(path: Self.optimizerFile + ".safetensors")).tensors
    return Checkpoint(state: state, files: files, optimizer: optimizer)
  }

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
