import Foundation
import OrderedCollections
import Results
import TensorFiles

/// Hashes every stored tensor of a run again and compares: with what its checkpoint recorded, and, where the strategy
/// promises that nothing is forgotten, with what was recorded when each task was learned.
struct Verifier {
  let folder: RunFolder
  let configuration: Configuration

  func verify(observer: any RunObserver) throws -> Verification {
    var verification = Verification()
    let store = CheckpointStore(root: folder.checkpoints)
    let entries = store.entries()
    guard !entries.isEmpty else {
      throw RunError.noSuchRun(folder: folder.url.path, reason: "the run has no checkpoint to verify")
    }
    requireEveryLesson(store, &verification)
    let published = try publishedDigests(&verification)
    let linked = LinkedFiles()
    var check = CheckpointCheck(published: published)
    var newest: CheckpointDigests?
    for (index, entry) in entries.enumerated() {
      let name = entry.url.lastPathComponent
      do {
        let checkpoint = try CheckpointDigests(entry, of: store, linked)
        verification.checked += checkpoint.count
        if let difference = check.difference(checkpoint) {
          verification.fail("\(name): \(difference)")
        } else {
          verification.detail.append("\(name): \(checkpoint.standing)")
          if entry.step == nil { newest = checkpoint }
        }
      } catch {
        // A file that cannot be read is a difference, not a reason to stop looking.
        verification.fail("\(name): \(error)")
      }
      observer.progress("verify", done: index + 1, of: entries.count, unit: "checkpoints")
    }
    if let newest = newest?.state {
      requirePublished(published, newest, &verification)
      verifyNetworks(newest, &verification)
    }
    return verification
  }

  /// A checkpoint for each lesson from the first to the last one completed.
  private func requireEveryLesson(_ store: CheckpointStore, _ verification: inout Verification) {
    let lessons = store.completed().map(\.lesson)
    if let last = lessons.last, let missing = (0...last).first(where: { !lessons.contains($0) }) {
      verification.fail("the checkpoint of lesson \(missing + 1) is missing")
    }
  }

  /// What results.json says was recorded; nil for a run that has not come so far.
  private func publishedDigests(_ verification: inout Verification) throws -> [String: String]? {
    guard FileManager.default.fileExists(atPath: folder.results.path) else {
      verification.detail.append("results.json: not there yet, so the checkpoints' own records are compared")
      return nil
    }
    let results = try Results(contentsOf: folder.results)
    if configuration.strategy.kind.promisesNonForgetting, results.nonForgetting?.digests.isEmpty ?? true {
      verification.fail("results.json: the digests of what must not change are missing")
    }
    return results.nonForgetting?.digests ?? [:]
  }

  /// Everything that results.json says was recorded must be in the newest checkpoint.
  private func requirePublished(
    _ published: [String: String]?, _ newest: Checkpoint.State, _ verification: inout Verification
  ) {
    if let missing = (published ?? [:]).keys.sorted().first(where: { newest.recorded[$0] == nil }) {
      verification.fail("tensor \(missing) is in results.json, and in no checkpoint")
    }
  }

  /// Where a checkpoint has a tensor of a task's exported network.
  private static func source(of key: String, _ part: String, _ newest: Checkpoint.State) -> String {
    if key.hasPrefix("fc.") { return "\(part)/head.\(key.dropFirst(3))" }
    if key.hasPrefix("adapter.") { return "\(part)/\(key)" }
    if key.hasPrefix("expansion.") { return "\(TaskModels.expansionFile)/\(key.dropFirst(10))" }
    let own = "\(part)/trunk.\(key)"
    return newest.digests[own] == nil ? "\(TaskModels.trunkFile)/\(key)" : own
  }

  /// The exported networks hold the same tensors as the newest checkpoint.
  private func verifyNetworks(_ newest: Checkpoint.State, _ verification: inout Verification) {
    for task in 0..<newest.parts {
      let part = TaskModels.partFile(task)
      let url = folder.networks.appending(path: part + ".safetensors")
      guard FileManager.default.fileExists(atPath: url.path) else { continue }
      do {
        for (key, tensor) in try SafetensorsFile(contentsOf: url).tensors {
          let source = Self.source(of: key, part, newest)
          verification.checked += 1
          guard newest.digests[source] == TensorDigest.digest(tensor) else {
            return verification.fail("networks/\(part): tensor \(key) is not the checkpoint's \(source)")
          }
        }
      } catch {
        verification.fail("networks/\(part): \(error)")
      }
    }
  }
}
