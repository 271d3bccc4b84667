import Foundation
import ImageData
import OrderedCollections
import RandomStreams
import ResidualNets
import Results
import TensorFiles
import TorchCore

/// One strategy on one stream of tasks in one run folder: learn, evaluate, checkpoint, task after task.
final class Session {
  let configuration: Configuration
  let folder: RunFolder
  let stream: TaskStream
  let benchmarks: [TaskBenchmark]
  let models: TaskModels
  private(set) var record: EvaluationRecord
  private(set) var recorded: [String: String] = [:]
  private(set) var firstDifference: String?
  private(set) var trainSeconds = 0.0
  let observer: any RunObserver

  private let images: ImageSet
  private let pretraining: ImageFolder?
  private let strategy: any LearningStrategy
  private let interruption: Interruption
  private let root: RandomStream
  private let device: Device
  private let store: CheckpointStore
  private var references = ReferenceLogits()
  private let evaluator: Evaluator

  init(
    _ configuration: Configuration, _ folder: RunFolder, _ material: RunMaterial, observer: any RunObserver,
    interruption: Interruption
  ) throws {
    self.configuration = configuration
    self.folder = folder
    self.observer = observer
    self.interruption = interruption
    stream = material.stream
    images = material.images.train
    pretraining = material.pretraining
    device = material.device
    root = RandomStream(seed: configuration.seed)
    strategy = configuration.makeStrategy()
    benchmarks = material.benchmarks
    models = TaskModels(trunk: try material.makeTrunk(configuration, stream: root.stream("trunk")))
    record = EvaluationRecord(tasks: stream.tasks.count)
    store = CheckpointStore(root: folder.checkpoints)
    evaluator = Evaluator(
      configuration.evaluation, benchmarks, stream: root.stream("evaluation"), observer: observer,
      interruption: interruption)
  }

  /// The lessons of this run.
  private var lessons: [Lesson] {
    let tasks = stream.tasks.enumerated().map { Lesson.task($0, classCount: $1.classes.count) }
    return (pretraining.map { [.pretraining(classCount: $0.classes.count)] } ?? []) + tasks
  }

  /// Learns what is not learned yet.
  /// - Throws: `RunError.interrupted` after saving a checkpoint.
  func run(resuming: Bool) throws {
    var position = try resuming ? restore() : Position(lesson: 0, progress: nil, optimizer: [:], eventOffset: 0)
    let events = try EventLog(folder.metrics, keeping: position.eventOffset)
    while position.lesson < lessons.count {
      try learn(position, events)
      position = Position(lesson: position.lesson + 1, progress: nil, optimizer: [:], eventOffset: events.offset)
    }
  }

  /// Where the run stands: a lesson, and how far in it.
  private struct Position {
    let lesson: Int
    /// nil: not begun.
    let progress: LessonProgress?
    let optimizer: OrderedDictionary<String, HostTensor>
    let eventOffset: Int
  }

  private func learn(_ position: Position, _ events: EventLog) throws {
    let lesson = lessons[position.lesson]
    let lessonStream = root.stream("lesson").stream(position.lesson)
    // A resumed lesson has begun already: its parts were made and loaded by `restore`.
    let assignment = try currentAssignment ?? strategy.begin(lesson, models, stream: lessonStream)
    currentAssignment = nil
    let optimizer = try configuration.training.optimizer.makeOptimizer(for: assignment.parameters)
    if !position.optimizer.isEmpty { try optimizer.load(position.optimizer) }

    var progress = position.progress ?? LessonProgress()
    try train(lesson, position.lesson, assignment, optimizer, lessonStream, &progress, events)
    // Evaluation can take longer than training: an interruption in it must not cost the training.
    try save(position.lesson, progress, optimizer: optimizer, events)
    try strategy.complete(lesson, models, stream: lessonStream)
    if case .task(let task, _) = lesson { try settle(task, events) }
    try save(position.lesson, progress, optimizer: nil, events)
    if interruption.isRaised, position.lesson + 1 < lessons.count {
      throw RunError.interrupted(folder: folder.url.path)
    }
  }

  private func train(
    _ lesson: Lesson, _ index: Int, _ assignment: Assignment, _ optimizer: any Optimizer, _ stream: RandomStream,
    _ progress: inout LessonProgress, _ events: EventLog
  ) throws {
    let clock = ContinuousClock()
    var start = clock.now
    let tick = { [self] in
      trainSeconds += (clock.now - start) / .seconds(1)
      start = clock.now
    }
    let everySteps = configuration.checkpoints.everySteps
    try Trainer(settings: configuration.training, device: device).train(
      assignment, optimizer, on: data(of: lesson), stream: stream, progress: &progress,
      afterEpoch: { epoch in
        try events.append(
          TrainingEvent(
            lesson: lesson.name, epoch: epoch.number, epochs: epoch.of, meanLoss: epoch.meanLoss,
            learningRate: epoch.rate))
        observer.progress("learn \(lesson.name)", done: epoch.number, of: epoch.of, unit: "epochs")
      },
      afterStep: { progress in
        guard interruption.isRaised || (everySteps > 0 && progress.step.isMultiple(of: everySteps)) else { return }
        tick()
        try save(index, progress, optimizer: optimizer, events)
        if interruption.isRaised { throw RunError.interrupted(folder: folder.url.path) }
      })
    tick()
  }

  private func data(of lesson: Lesson) throws -> LessonData {
    switch lesson {
    case .pretraining:
      guard let pretraining else { throw RunError.unusable(reason: "there is no pre-training folder") }
      let labels = pretraining.train.labels
      return LessonData(images: pretraining.train, indices: Array(labels.indices)) { labels[$0] }
    case .task(let index, _):
      let task = stream.tasks[index]
      let targets = Dictionary(uniqueKeysWithValues: zip(task.classes, task.classes.indices))
      let labels = images.labels
      return LessonData(images: images, indices: task.train) { targets[labels[$0]] ?? 0 }
    }
  }

  /// After a task is learned: evaluates all tasks so far, records what must not change, and checks what was recorded.
  private func settle(_ task: Int, _ events: EventLog) throws {
    let files = try models.files()
    let digests = files.reduce(into: OrderedDictionary<String, String>()) { all, file in
      all.merge(TensorDigest.digests(file.key, file.value)) { $1 }
    }
    try measure(task, digests: digests)
    try log(row: task, events)
    if strategy.promisesNonForgetting { try promise(task, digests) }
  }

  /// Records the digests of what task `task` uses, and compares those of earlier tasks with what was recorded.
  private func promise(_ task: Int, _ tensors: OrderedDictionary<String, String>) throws {
    var digests = tensors
    for column in 0...task {
      let logits = try ReferenceLogits.compute(models.network(for: column).deployed(), on: benchmarks[column])
      if column == task { references[task] = logits }
      digests["\(ReferenceLogits.file)/\(TaskModels.partFile(column))"] = TensorDigest.digest(logits)
    }
    for (tensor, digest) in digests {
      if let before = recorded[tensor] {
        if before != digest, firstDifference == nil { firstDifference = tensor }
      } else {
        recorded[tensor] = digest
      }
    }
  }

  private func log(row: Int, _ events: EventLog) throws {
    for measured in record.accuracy {
      for column in 0...row {
        guard let tally = measured.tally(after: row, on: column) else { continue }
        try events.append(
          EvaluationEvent(
            afterTask: row + 1, onTask: column + 1, measure: measured.key.title, correct: tally.correct, n: tally.n))
      }
    }
  }

  /// - Throws: `RunError.interrupted` where someone asked to stop. Everything learned is in a checkpoint by then.
  func stopIfAsked() throws {
    if interruption.isRaised { throw RunError.interrupted(folder: folder.url.path) }
  }

  /// Measures every row again, from the checkpoint of each task.
  func reevaluate() throws {
    let entries = store.entries().filter { $0.step == nil }
    guard let last = entries.last, last.lesson == lessons.count - 1 else {
      throw RunError.noSuchRun(folder: folder.url.path, reason: "the run is not finished: continue it with train --resume")
    }
    try rebuild(store.read(last))
    record = EvaluationRecord(tasks: stream.tasks.count)
    for entry in entries {
      guard case .task(let task, _) = lessons[entry.lesson] else { continue }
      let checkpoint = try store.read(entry)
      recorded = checkpoint.state.recorded
      trainSeconds = checkpoint.state.trainSeconds
      try load(checkpoint, models.trunk, TaskModels.trunkFile)
      for (index, part) in models.parts.prefix(checkpoint.state.parts).enumerated() {
        try load(checkpoint, part, TaskModels.partFile(index))
      }
      let digests = checkpoint.digests
      try measure(task, digests: digests)
    }
  }

  private func measure(_ task: Int, digests: OrderedDictionary<String, String>) throws {
    let networks = try (0...task).map { try models.network(for: $0).deployed() }
    let networkDigests = (0...task).map { column in
      let files = [TaskModels.trunkFile, TaskModels.partFile(column)].map { $0 + "/" }
      return digests.filter { entry in files.contains { entry.key.hasPrefix($0) } }.values.joined()
    }
    do {
      try evaluator.measure(row: task, networks, digests: networkDigests, into: &record)
    } catch is RunInterruption {
      throw RunError.interrupted(folder: folder.url.path)
    }
  }

  /// Writes each task's network as one file that says what it is, for `attack`, `lipschitz` and others to open.
  func writeNetworks() throws {
    do {
      try FileManager.default.createDirectory(at: folder.networks, withIntermediateDirectories: true)
    } catch {
      throw RunError.io(path: folder.networks.path, reason: error.localizedDescription)
    }
    for (task, benchmark) in benchmarks.enumerated() {
      let classes = benchmark.task.classes.map { benchmark.images.classes[$0] }
      try NetworkWeights(models.network(for: task), classes: classes).write(
        to: folder.networks.appending(path: TaskModels.partFile(task) + ".safetensors"))
    }
  }

  // MARK: Checkpoints

  /// The assignment of a lesson that was resumed within.
  private var currentAssignment: Assignment?

  private func save(_ lesson: Int, _ progress: LessonProgress, optimizer: (any Optimizer)?, _ events: EventLog) throws {
    try events.synchronize()
    var checkpoint = Checkpoint(
      state: Checkpoint.State(
        configuration: try TensorDigest.digest(configuration.yaml()), seed: configuration.seed, lesson: lesson,
        isComplete: optimizer == nil, progress: progress, parts: models.parts.count, eventOffset: events.offset,
        evaluation: record, digests: [:], recorded: recorded, trainSeconds: trainSeconds),
      files: try models.files(), optimizer: try optimizer?.state() ?? [:])
    checkpoint.files[ReferenceLogits.file] = references.tensors
    checkpoint.state.digests = Dictionary(uniqueKeysWithValues: checkpoint.digests.map { ($0, $1) })
    try store.write(checkpoint)
  }

  /// Loads the newest checkpoint.
  private func restore() throws -> Position {
    guard let (checkpoint, damaged) = try store.newest() else {
      return Position(lesson: 0, progress: nil, optimizer: [:], eventOffset: 0)
    }
    for line in damaged { observer.note("warning: passed over a damaged checkpoint: \(line)") }
    let state = checkpoint.state
    guard state.lesson < lessons.count else {
      throw RunError.damaged(path: folder.checkpoints.path, reason: "knows of more lessons than the run has")
    }
    try rebuild(checkpoint)
    record = state.evaluation
    recorded = state.recorded
    trainSeconds = state.trainSeconds
    references = ReferenceLogits(checkpoint.files[ReferenceLogits.file] ?? [:])
    observer.note("resuming after \(state.isComplete ? lessons[state.lesson].name : "step \(state.progress.step)")")
    return state.isComplete
      ? Position(lesson: state.lesson + 1, progress: nil, optimizer: [:], eventOffset: state.eventOffset)
      : Position(
        lesson: state.lesson, progress: state.progress, optimizer: checkpoint.optimizer,
        eventOffset: state.eventOffset)
  }

  /// Makes the networks that a checkpoint knows, in the way the run made them, and loads their tensors.
  func rebuild(_ checkpoint: Checkpoint) throws {
    let state = checkpoint.state
    for index in 0...state.lesson {
      let lessonStream = root.stream("lesson").stream(index)
      let assignment = try strategy.begin(lessons[index], models, stream: lessonStream)
      if index < state.lesson || state.isComplete {
        try strategy.complete(lessons[index], models, stream: lessonStream)
      } else {
        currentAssignment = assignment
      }
    }
    guard models.parts.count == state.parts else {
      throw RunError.damaged(path: folder.checkpoints.path, reason: "has \(state.parts) tasks, expected \(models.parts.count)")
    }
    try load(checkpoint, models.trunk, TaskModels.trunkFile)
    for (task, part) in models.parts.enumerated() { try load(checkpoint, part, TaskModels.partFile(task)) }
  }

  private func load(_ checkpoint: Checkpoint, _ module: any Module, _ file: String) throws {
    do {
      try module.load(checkpoint.files[file] ?? [:])
    } catch {
      throw RunError.damaged(path: folder.checkpoints.appending(path: file).path, reason: "\(error)")
    }
  }
}
