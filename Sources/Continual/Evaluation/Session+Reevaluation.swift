import Foundation
import ResidualNets
import Results

extension Session {
  /// Whether every attack at every size, every radius and the moves of the configuration stand in the evaluation
  /// tensor.
  var hasMeasuredEverything: Bool {
    let measured = Set(record.accuracy.map(\.key))
    let readouts: [Readout] = configuration.evaluation.agnosticImages > 0 ? [.taskAware, .taskAgnostic] : [.taskAware]
    return Set(configuration.evaluation.certify).isSubset(of: record.radii)
      && hasCertified(configuration.evaluation)
      && (!configuration.evaluation.spatial.isOn || measured.contains(.spatial))
      && configuration.evaluation.attacks.allSatisfy { attack in
        attack.epsilons.allSatisfy { epsilon in
          readouts.allSatisfy {
            measured.contains(
              MeasureKey(measure: attack.name.rawValue, norm: attack.norm, epsilon: epsilon, readout: $0))
          }
        }
      }
  }

  /// Whether certificates are those of the configuration. Without radii there are none.
  private func hasCertified(_ settings: Configuration.Evaluation) -> Bool {
    let asked = settings.certification
    var known = record.certification ?? Configuration.Certification()
    guard Set(asked.linf).isSubset(of: known.linf) else { return false }
    known.linf = asked.linf
    return settings.certify.isEmpty && asked.linf.isEmpty || known == asked
  }

  /// The last checkpoint of a run that has one for each lesson.
  /// - Throws: `RunError.noSuchRun` where one is missing, `.dataDiffers` where the run learned from other images, and as
  ///   `CheckpointStore.read`.
  static func finalCheckpoint(
    of folder: RunFolder, _ material: RunMaterial, leavingParts: Bool
  ) throws -> Checkpoint {
    let store = CheckpointStore(root: folder.checkpoints)
    let entries = store.completed()
    func unfinished() -> RunError {
      .noSuchRun(
        folder: folder.url.path,
        reason: "there is not one checkpoint for each of \(material.lessonCount) lessons: "
          + "finish the run with train --resume")
    }
    guard let last = entries.last else { throw unfinished() }
    let final = try store.read(last, leavingParts: leavingParts)
    try material.requireSame(final.state.data, as: folder.url.path)
    guard entries.map(\.lesson) == Array(0..<material.lessonCount) else { throw unfinished() }
    return final
  }

  /// Measures every row again, from the checkpoint of each task; leaves the networks of the end in place.
  /// - Throws: `RunError.stopped` where someone asked to stop: nothing is changed then.
  func reevaluate() throws {
    let final = try Self.finalCheckpoint(of: folder, material, leavingParts: settlesParts)
    try rebuild(final)
    promises.adopt(final)
    issued = final.state.issued ?? issued
    trainSeconds = final.state.trainSeconds
    trainingRanks = final.state.trainingRanks ?? []
    record = EvaluationRecord(tasks: stream.tasks.count)
    do {
      for entry in store.completed() {
        guard case .task(let task, _) = lessons[entry.lesson] else { continue }
        try load(store.read(entry, leavingParts: settlesParts))
        try measure(task, digests: models.digests(reading: false))
      }
    } catch RunError.interrupted {
      throw RunError.stopped(folder: folder.url.path)
    }
  }

  /// Writes each task's network as one file that says what it is, for `attack`, `lipschitz` and others to open.
  func writeNetworks() throws {
    try FileManager.default.makeFolder(folder.networks)
    for (task, benchmark) in benchmarks.enumerated() {
      try NetworkWeights(models.network(for: task), classes: benchmark.task.classNames).write(
        to: folder.networks.appending(path: TaskModels.partFile(task) + ".safetensors"))
    }
  }
}
