import Foundation
import OrderedCollections
import Results
import TensorFiles
import TorchCore

/// Hashes every stored tensor of a run again and compares: with what its checkpoint recorded, and, where the strategy
/// promises that nothing is forgotten, with what was recorded when each task was learned.
struct Verifier {
  let folder: RunFolder

  func verify(observer: any RunObserver) throws -> Verification {
    var verification = Verification()
    let store = CheckpointStore(root: folder.checkpoints)
    let entries = store.entries()
    guard !entries.isEmpty else {
      throw RunError.noSuchRun(folder: folder.url.path, reason: "the run has no checkpoint to verify")
    }
    let recorded = try results().nonForgetting?.digests ?? [:]

    for (index, entry) in entries.enumerated() {
      let name = entry.url.lastPathComponent
      do {
        let checkpoint = try store.read(entry)
        verify(checkpoint, recorded, &verification, name)
      } catch {
        // A file that cannot be read is a difference, not a reason to stop looking.
        verification.fail("\(name): \(error)")
      }
      observer.progress("verify", done: index + 1, of: entries.count, unit: "checkpoints")
    }
    return verification
  }

  private func results() throws -> Results {
    do {
      return try Results(contentsOf: folder.results)
    } catch {
      throw RunError.damaged(path: folder.results.path, reason: "\(error)")
    }
  }

  private func verify(
    _ checkpoint: Checkpoint, _ recorded: [String: String], _ verification: inout Verification, _ name: String
  ) {
    let digests = checkpoint.digests
    verification.checked += digests.count
    for (tensor, digest) in digests where checkpoint.state.digests[tensor] != digest {
      verification.fail("\(name): tensor \(tensor) is not what the checkpoint recorded")
      return
    }
    if let missing = checkpoint.state.digests.keys.sorted().first(where: { digests[$0] == nil }) {
      verification.fail("\(name): tensor \(missing) is missing")
      return
    }
    // A checkpoint within a lesson holds parts still in training; what was recorded before must stand in it all the same.
    let promised = checkpoint.state.recorded.keys.filter { recorded[$0] != nil }
    for tensor in promised.sorted() where digests[tensor] != recorded[tensor] {
      verification.fail("\(name): tensor \(tensor) changed after its task was learned")
      return
    }
    verification.detail.append(
      promised.isEmpty
        ? "\(name): \(digests.count) tensors are as stored"
        : "\(name): \(digests.count) tensors are as stored, \(promised.count) of them as when their task was learned")
  }
}

extension Checkpoint {
  /// SHA-256 of every tensor but the optimizer's, by `file/tensor`.
  var digests: OrderedDictionary<String, String> {
    files.reduce(into: [:]) { all, file in all.merge(TensorDigest.digests(file.key, file.value)) { $1 } }
  }
}
