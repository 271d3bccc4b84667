import Lipschitz
import ResidualNets
import Results
import TensorFiles
import TorchCore

extension Session {
  /// Test images per task at which drift is bounded.
  private static let driftImages = 200

  /// The drift; without any where an old checkpoint is lost or damaged, which must not withhold what else was found
  /// out.
  func driftWhereKnown() throws -> [DriftRecord] {
    do {
      return try drift()
    } catch  where error is TensorFileError || (error as? RunError)?.isOfACheckpoint == true {
      observer.warn("how far old answers have moved is not known: \(error)")
      if let last = store.completed().last { try load(store.read(last)) }
      return []
    }
  }

  /// How far the answers to every task but the last have moved since it was learned: the network of its own lesson's
  /// checkpoint against the one of the end. Leaves the networks of the end in place.
  /// - Throws: `RunError.noSuchRun` without a checkpoint for each lesson.
  func drift() throws -> [DriftRecord] {
    let entries = store.completed()
    guard entries.map(\.lesson) == Array(lessons.indices), let last = entries.last else {
      throw RunError.noSuchRun(
        folder: folder.url.path, reason: "there is not one checkpoint for each of \(lessons.count) lessons")
    }
    let now = try benchmarks.indices.map { try models.network(for: $0).deployed() }
    var records: [DriftRecord] = []
    for entry in entries.dropLast() {
      guard case .task(let task, _) = lessons[entry.lesson] else { continue }
      try stopIfAsked()
      observer.progress("drift of old tasks", done: task, of: benchmarks.count - 1, unit: "tasks")
      try load(store.read(entry))
      records.append(
        try DriftRecord(
          from: models.network(for: task).deployed(), to: now[task], benchmarks[task], images: Self.driftImages,
          batchSize: configuration.evaluation.batchSize))
    }
    try load(store.read(last))
    return records
  }
}

extension RunError {
  fileprivate var isOfACheckpoint: Bool {
    switch self {
    case .damaged, .noSuchRun: true
    default: false
    }
  }
}

extension DriftRecord {
  /// - Parameters:
  ///   - old: the task's network when it was learned.
  ///   - limit: how many test images are looked at, at most.
  init(
    from old: DeployedNetwork, to new: DeployedNetwork, _ benchmark: TaskBenchmark, images limit: Int, batchSize: Int
  ) throws {
    let sample = try benchmark.sample(limit)
    let name = benchmark.task.name
    do {
      let images = try logitDrift(from: old, to: new, count: sample.count, batchSize: batchSize) {
        try sample.pixels.narrowed(0, from: $0.lowerBound, count: $0.count)
      }
      self.init(task: name, images)
    } catch let error as LipschitzError {
      let (before, after) = try withoutGradients { try (old.logits(sample.pixels), new.logits(sample.pixels)) }
      let movements = try (after - before).norm(2, [1]).doubles()
      let (first, second) = try (before.argmax(1).integers(), after.argmax(1).integers())
      self.init(
        task: name, images: sample.count, medianMovement: movements.upperMedian, largestMovement: movements.max(),
        standing: Tally(zip(first, second).map { $0 == $1 }), note: "\(error)")
    }
  }

  /// What single images add up to.
  init(task: String, _ images: [ImageDrift]) {
    let (bounds, movements) = (images.map(\.bound), images.map(\.movement))
    self.init(
      task: task, images: images.count, medianBound: bounds.upperMedian, largestBound: bounds.max(),
      medianMovement: movements.upperMedian, largestMovement: movements.max(), proven: Tally(images.map(\.isProven)),
      standing: Tally(images.map(\.stands)), violations: images.count(where: \.isRefuted))
  }
}
