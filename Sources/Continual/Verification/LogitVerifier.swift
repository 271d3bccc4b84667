import Foundation
import TensorFiles
import TorchCore

/// Computes the old tasks' logits again from the newest checkpoint. On the machine of the run they must be the same
/// bytes; elsewhere (other vector instructions, threads or libtorch) within a tolerance, and it says so.
struct LogitVerifier {
  let folder: RunFolder
  let configuration: Configuration

  /// On logits, where the arithmetic of the run is not available.
  static let tolerance = 1e-4

  func verify(_ verification: inout Verification, _ options: RunOptions) throws {
    let store = CheckpointStore(root: folder.checkpoints)
    guard let entry = store.entries().last(where: { $0.step == nil }) else { return }
    let checkpoint = try store.read(entry)
    let references = ReferenceLogits(checkpoint.files[ReferenceLogits.file] ?? [:])
    guard !references.tensors.isEmpty else { return }
    let session = try Session(
      configuration, folder, RunMaterial(configuration, observer: options.observer), observer: options.observer,
      interruption: options.interruption)
    try session.rebuild(checkpoint)
    let sameArithmetic = try isSameArithmetic()

    for task in session.models.parts.indices {
      guard let before = references[task] else { continue }
      let now = try ReferenceLogits.compute(
        session.models.network(for: task).deployed(), on: session.benchmarks[task])
      let name = "\(ReferenceLogits.file)/\(TaskModels.partFile(task))"
      verification.checked += 1
      if now == before {
        verification.detail.append("\(name): the same bytes as when the task was learned")
      } else if sameArithmetic {
        return verification.fail("\(name): the logits are not those of when the task was learned")
      } else {
        let distance = try (Tensor(now) - Tensor(before)).abs().max().item()
        guard distance <= Self.tolerance else {
          return verification.fail("\(name): the logits differ by \(distance)")
        }
        verification.detail.append(
          "\(name): within \(distance) (other arithmetic than the run's, so not compared bit by bit)")
      }
    }
  }

  /// Whether bits are comparable: the same vector instructions, threads and libtorch as the run had.
  private func isSameArithmetic() throws -> Bool {
    guard let data = try? Data(contentsOf: folder.environment),
      let stored = try? JSONDecoder().decode([String: String].self, from: data)
    else { return false }
    let now = Environment(configuration).values
    return ["libtorch", "cpuCapability", "threads", "device"].allSatisfy { stored[$0] == now[$0] }
  }
}
