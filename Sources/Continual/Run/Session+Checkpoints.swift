import Foundation
import OrderedCollections
import ResidualNets
import TensorFiles
import TorchCore

extension Session {
  /// Saves where the run stands.
  /// - Parameter optimizer: its state, where the next step needs it.
  func save(
    _ lesson: Int, _ progress: LessonProgress, optimizer: OrderedDictionary<String, HostTensor>, isComplete: Bool,
    _ events: EventLog
  ) throws {
    try events.synchronize()
    var files = try models.files()
    let strategyState = try strategy.state()
    if !strategyState.isEmpty { files[Checkpoint.strategyFile] = strategyState }
    // Of old answers the digests are known, and stand among those recorded.
    var digests = TensorDigest.digests(files)
    for (tensor, digest) in promises.references.digests where promises.recorded[tensor] != digest {
      digests[tensor] = digest
    }
    files[ReferenceLogits.file] = promises.references.tensors
    let state = Checkpoint.State(
      configuration: try configuration.trainingDigest(), data: material.digests, arithmetic: promises.arithmetic,
      lesson: lesson, isComplete: isComplete, hasOptimizer: !optimizer.isEmpty, progress: progress,
      parts: models.parts.count,
      hasCommonHead: models.hasCommonHead, hasExpansion: models.expansion != nil,
      hasStrategyState: !strategyState.isEmpty, eventOffset: events.offset,
      evaluation: record,
      digests: Dictionary(uniqueKeysWithValues: digests.map { ($0, $1) }),
      recorded: promises.recorded, firstDifference: promises.firstDifference, trainSeconds: trainSeconds,
      trainingRanks: trainingRanks.isEmpty ? nil : trainingRanks, issued: issued)
    checkpoint = try store.write(
      Checkpoint(state: state, files: files, stored: models.storedParts.mapValues(\.path), optimizer: optimizer),
      after: checkpoint)
  }

  /// Lets go of what a completed lesson has left in its checkpoint, where nothing touches that any more.
  func storePart(of lesson: Int) throws {
    guard settlesParts, case .task(let task, let classCount) = lessons[lesson],
      let file = store.part(task, lesson: lesson)
    else { return }
    // The session owns the models.
    try models.store(task, in: file) { [unowned self] in
      let part = try strategy.partLike(lessons[lesson], models, stream: lessonStream(lesson))
      if rule?.readsFeatures == true { try models.addStatistics(to: part, classes: classCount) }
      return part
    }
  }

  /// Whether no later lesson touches what a lesson has added.
  var settlesParts: Bool { configuration.strategy.kind.traits.settlesParts }

  /// Loads the newest checkpoint.
  func restore() throws -> Position {
    guard let (checkpoint, entry, damaged) = try store.newest(leavingParts: settlesParts) else {
      return Position(lesson: 0, eventOffset: 0)
    }
    for line in damaged { observer.warn("passed over a damaged checkpoint: \(line)") }
    try rebuild(checkpoint)
    self.checkpoint = entry
    let state = checkpoint.state
    record = state.evaluation
    trainSeconds = state.trainSeconds
    issued = state.issued ?? issued
    trainingRanks = state.trainingRanks ?? []
    if promises.adopt(checkpoint) {
      observer.warn(
        "libtorch, vector instructions, threads or device differ from those the run began with; "
          + "the result may differ in its last bits")
    }
    observer.note("resuming after \(state.isComplete ? lessons[state.lesson].name : "step \(state.progress.step)")")
    return state.isComplete
      ? Position(lesson: state.lesson + 1, optimizer: checkpoint.optimizer, eventOffset: state.eventOffset)
      : Position(
        lesson: state.lesson, progress: state.progress, optimizer: checkpoint.optimizer,
        eventOffset: state.eventOffset)
  }

  /// Makes the networks that a checkpoint knows, in the way the run made them, and loads their tensors.
  /// - Throws: `RunError.dataDiffers` or `.configurationDiffers` where the checkpoint is of other images or another
  ///   experiment, `.damaged` where it cannot be of this run.
  func rebuild(_ checkpoint: Checkpoint) throws {
    let state = checkpoint.state
    try material.requireSame(state.data, as: folder.url.path)
    guard state.configuration == (try configuration.trainingDigest()) else {
      throw RunError.configurationDiffers(
        folder: folder.url.path, differences: ["config.yaml was edited after the checkpoint was written"])
    }
    guard state.lesson < lessons.count, state.evaluation.inference.count == stream.tasks.count else {
      throw RunError.damaged(path: folder.checkpoints.path, reason: "is of a run with other tasks")
    }
    try build(lessons: state.isComplete ? state.lesson + 1 : state.lesson) { lesson in
      guard case .task(let task, _) = lessons[lesson], let path = checkpoint.stored[TaskModels.partFile(task)] else {
        return
      }
      try load(SafetensorsFile(contentsOf: URL(filePath: path)).tensors, into: models.parts[task], path: path)
      try storePart(of: lesson)
    }
    if !state.isComplete {
      resumedAssignment = try strategy.begin(lessons[state.lesson], models, stream: lessonStream(state.lesson))
    }
    try load(checkpoint)
  }

  /// Loads a checkpoint's tensors into the networks that are there.
  func load(_ checkpoint: Checkpoint) throws {
    for (file, module) in models.modules {
      // A later task's part is not in an earlier checkpoint, and stays as it is.
      guard let tensors = checkpoint.files[file] else { continue }
      try load(tensors, into: module, path: folder.checkpoints.appending(path: file).path)
    }
    do {
      try strategy.load(checkpoint.files[Checkpoint.strategyFile] ?? [:])
    } catch let error as StateError {
      throw RunError.damaged(
        path: folder.checkpoints.appending(path: Checkpoint.strategyFile).path, reason: error.reason)
    }
  }

  private func load(_ tensors: OrderedDictionary<String, HostTensor>, into module: any Module, path: String) throws {
    do {
      try module.load(tensors)
    } catch let error as StateError {
      throw RunError.damaged(path: path, reason: error.reason)
    }
  }
}

extension Configuration {
  /// SHA-256 of what decides the tensors of a run: all but its name, evaluation, contrasts, long form and checkpoints.
  func trainingDigest() throws -> String {
    var configuration = self
    configuration.name = ""
    configuration.evaluation = Evaluation()
    configuration.contrasts = []
    configuration.full = nil
    configuration.checkpoints = Checkpoints()
    // Not `JSONEncoder.canonical`: checkpoints hold the digest of these very bytes, escaped slashes included.
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return TensorDigest.digest(String(decoding: try encoder.encode(configuration), as: UTF8.self))
  }
}
