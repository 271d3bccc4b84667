import Foundation
import Lipschitz
import OrderedCollections
import Results
import TensorFiles

extension CheckpointStore {
  /// The newest checkpoint that is whole, where it lies, and a line about each newer one that is not.
  /// - Parameter leavingParts: as in ``read(_:leavingParts:)``.
  func newest(leavingParts: Bool = false) throws -> (checkpoint: Checkpoint, entry: Entry, damaged: [String])? {
    try newest { try read($0, leavingParts: leavingParts) }.map { ($0.content, $0.entry, $0.damaged) }
  }

  /// What is read of the newest checkpoint that it can be read of; nil without checkpoints.
  private func newest<Content>(
    _ read: (Entry) throws -> Content
  ) throws -> (content: Content, entry: Entry, damaged: [String])? {
    var damaged: [String] = []
    for entry in entries().reversed() {
      do {
        return (try read(entry), entry, damaged)
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
  /// - Parameter leavingParts: whether parts of settled tasks are let go of once they are compared, so that there is
  ///   one in memory at a time.
  /// - Throws: `RunError.damaged` or `TensorFileError`, naming the file or the tensor.
  func read(_ entry: Entry, leavingParts: Bool = false) throws -> Checkpoint {
    let state = try readState(entry)
    func url(_ file: String) -> URL { entry.url.appending(path: file + Self.tensorsSuffix) }
    let settled = leavingParts ? Set(state.settledNames) : []
    var checkpoint = Checkpoint(state: state, files: [:], optimizer: [:])
    var digests: OrderedDictionary<String, String> = [:]
    for file in state.fileNames {
      let tensors = try SafetensorsFile(contentsOf: url(file)).tensors
      digests.merge(TensorDigest.digests([file: tensors])) { $1 }
      if settled.contains(file) { checkpoint.stored[file] = url(file).path } else { checkpoint.files[file] = tensors }
    }
    if let damage = state.firstDamage(digests) { throw RunError.damaged(path: entry.url.path, reason: damage) }
    if state.hasOptimizer { checkpoint.optimizer = try SafetensorsFile(contentsOf: url(Self.optimizerFile)).tensors }
    return checkpoint
  }

  /// SHA-256 of the images, by role, from the newest checkpoint whose state can be read; nil without checkpoints.
  /// - Throws: `RunError.damaged` where there are checkpoints, and none can be read.
  func imageDigests() throws -> [String: String]? { try newest(readState)?.content.data }

  /// By task, the bounds that the newest checkpoint keeps whose state can be read; none without checkpoints, or of a
  /// version that kept none.
  /// - Throws: `RunError.damaged` where there are checkpoints, and none can be read.
  func issuedBounds() throws -> [IssuedBound?] { try newest(readState)?.content.issued ?? [] }

  private func readState(_ entry: Entry) throws -> Checkpoint.State {
    let state = try readOwnState(entry)
    guard state.schema == Checkpoint.schema else { return state }
    return state.completed(by: try (0..<state.settledTasks).map { try settled($0, in: entry) })
  }

  /// A checkpoint's state but for what settled tasks leave, which only checkpoints of the older schema hold here.
  func readOwnState(_ entry: Entry) throws -> Checkpoint.State {
    let url = entry.url.appending(path: Self.stateFile)
    func damaged(_ reason: String) -> RunError { .damaged(path: url.path, reason: reason) }
    let state: Checkpoint.State
    do {
      let content = try RecordFile.bytes(of: url, limit: Self.largestFile)
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
    // First: what settled tasks have left is put into places that are there.
    let tasks = state.evaluation.inference.count
    guard state.parts <= tasks, state.evaluation.agreesOnTasks, state.issued?.count ?? tasks == tasks else {
      throw damaged("does not agree with itself about the number of tasks")
    }
    return state
  }

  func settledFile(_ task: Int, in entry: Entry) -> URL {
    entry.url.appending(path: TaskModels.partFile(task) + Self.settledSuffix)
  }

  /// What a task left that is settled in a checkpoint.
  func settled(_ task: Int, in entry: Entry) throws -> SettledTask {
    let url = settledFile(task, in: entry)
    let settled: SettledTask
    do {
      settled = try JSONDecoder().decode(SettledTask.self, from: RecordFile.bytes(of: url, limit: Self.largestFile))
    } catch {
      throw RunError.damaged(path: url.path, reason: "cannot be read: \(Self.reason(error))")
    }
    guard settled.rows.allSatisfy({ $0.tallies.count == task + 1 }) else {
      throw RunError.damaged(path: url.path, reason: "is not of task \(task + 1)")
    }
    return settled
  }

  /// Of JSON, in bytes.
  private static let largestFile = 256 << 20

  private struct SchemaOnly: Decodable { let schema: String }

  /// Foundation's decoding errors bury the reason.
  private static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.dataCorrupted(let context): context.debugDescription
    case DecodingError.keyNotFound(let key, _): "'\(key.stringValue)' is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      context.debugDescription
    case ResultsError.unreadable(_, let reason): reason
    case ResultsError.tooLarge(_, _, let limit): "it is longer than \(limit) bytes, as none that a run writes is"
    default: error.localizedDescription
    }
  }
}
