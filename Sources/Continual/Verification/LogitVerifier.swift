import Foundation
import ImageData
import TensorFiles
import TorchCore

/// Computes the old tasks' logits again from the newest checkpoint. With the run's arithmetic they must be the same
/// bytes; with other vector instructions, threads or another libtorch within a tolerance, and it says so.
struct LogitVerifier {
  let folder: RunFolder
  let configuration: Configuration

  func verify(_ verification: inout Verification, _ options: RunOptions) throws {
    let store = CheckpointStore(root: folder.checkpoints)
    guard let entry = store.completed().last else { return }
    let checkpoint = try store.read(entry, leavingParts: configuration.strategy.kind.traits.settlesParts)
    let references = ReferenceLogits(checkpoint.files[ReferenceLogits.file] ?? [:])
    guard !references.tensors.isEmpty else { return }

    let session: Session
    do {
      session = try Session(
        configuration, folder, RunMaterial(configuration, observer: options.observer), observer: options.observer,
        interruption: options.interruption)
      try session.rebuild(checkpoint)
    } catch let error as DataError where error.code == .noSuchInput {
      verification.detail.append("logits: not computed again, because the images are not there: \(error)")
      return
    } catch let error as RunError {
      guard case .dataDiffers(_, let differences) = error else { throw error }
      return verification.fail("images: \(differences.joined(separator: "; ")), so the logits say nothing")
    }
    let bindsBits = checkpoint.state.arithmetic == Environment(configuration).arithmetic
    for task in session.models.parts.indices {
      guard let before = references[task] else { continue }
      let now = try ReferenceLogits.compute(
        session.models.network(for: task).deployed(), on: session.benchmarks[task])
      compare(now, before, ReferenceLogits.name(task), bindsBits, &verification)
    }
  }

  private func compare(
    _ now: HostTensor, _ before: HostTensor, _ name: String, _ bindsBits: Bool, _ verification: inout Verification
  ) {
    verification.checked += 1
    guard now != before else {
      return verification.detail.append("\(name): the same bytes as when the task was learned")
    }
    let distance = (try? ReferenceLogits.distance(now, before)) ?? .infinity
    if bindsBits {
      verification.fail("\(name): the logits are not those of when the task was learned")
    } else if distance <= ReferenceLogits.tolerance {
      verification.detail.append(
        "\(name): within \(distance) (other arithmetic than the run's, so not compared bit by bit)")
    } else {
      verification.fail("\(name): the logits differ by \(distance)")
    }
  }
}
