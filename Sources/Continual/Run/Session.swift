import Distributed
import Foundation
import ImageData
import Lipschitz
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
  let store: CheckpointStore
  let strategy: any LearningStrategy
  let observer: any RunObserver
  let material: RunMaterial
  let evaluator: Evaluator
  /// How tasks are inferred; nil where nobody has to know them.
  let rule: InferenceRule?
  /// Of a stream without announced boundaries.
  private let online: OnlinePass?
  private let rehearsedImages: JoinedImages
  var record: EvaluationRecord
  var promises: Promises
  /// By task, the bound that its certificates were issued with when it was learned; nil where it has none, or is not
  /// learned yet.
  var issued: [IssuedBound?]
  var trainSeconds = 0.0
  /// Of a lesson that was resumed within: made by `restore`, used by `learn`.
  var resumedAssignment: Assignment?
  /// The processes that share the work. Rank 0 leads, and writes.
  let ranks: Communicator
  /// How many lessons' modules are there for good.
  var learnedLessons = 0
  /// By file, the digest of what the other ranks have.
  var sentFiles: [String: String] = [:]
  /// Over how many ranks steps were taken that ranks took together, each number where it changed.
  var trainingRanks: [Int] = []
  /// What was learned before its turn; nil while nothing can be.
  var ahead: LearnedLessonStore?

  let interruption: Interruption
  /// Throws `RunError.interrupted` where someone asked to stop. What is learned is in a checkpoint by then.
  let stopIfAsked: () throws -> Void
  let root: RandomStream

  init(
    _ configuration: Configuration, _ folder: RunFolder, _ material: RunMaterial, observer: any RunObserver,
    interruption: Interruption, ranks: Communicator = .single
  ) throws {
    self.configuration = configuration
    self.folder = folder
    self.material = material
    self.observer = observer
    self.interruption = interruption
    self.ranks = ranks
    stream = material.stream
    root = RandomStream(seed: configuration.seed)
    strategy = try configuration.makeStrategy(for: material.stream)
    let layout = try OutputLayout(material.stream, configuration.strategy.scenario(on: material.stream))
    rule = try configuration.strategy.inferenceRule(layout.scenario)
    rehearsedImages = layout.images(of: 0..<material.stream.tasks.count, in: material.stream)
    online = try OnlinePass(
      material.stream, rehearsedImages, batchSize: configuration.training.batchSize, random: root.stream("online"))
    benchmarks = material.benchmarks
    models = try TaskModels(
      trunk: material.makeTrunk(configuration, stream: root.stream("trunk"), observer: observer), layout: layout,
      device: material.device)
    record = EvaluationRecord(tasks: stream.tasks.count)
    issued = Array(repeating: nil, count: stream.tasks.count)
    promises = Promises(arithmetic: Environment(configuration).arithmetic)
    store = CheckpointStore(root: folder.checkpoints)
    stopIfAsked = { if interruption.isRaised { throw RunError.interrupted(folder: folder.url.path) } }
    evaluator = Evaluator(
      configuration.evaluation, searching: configuration.compute.precision.search, benchmarks,
      stream: root.stream("evaluation"), observer: observer, stopIfAsked: stopIfAsked, ranks: ranks)
  }

  /// The lessons of this run.
  var lessons: [Lesson] {
    let tasks = stream.tasks.enumerated().map { Lesson.task($0, classCount: $1.classes.count) }
    return (material.pretraining.map { [.pretraining(classCount: $0.classCount)] } ?? []) + tasks
  }

  /// The random stream of a lesson.
  func lessonStream(_ lesson: Int) -> RandomStream { root.stream("lesson").stream(lesson) }

  /// Where the run stands: a lesson, and how far in it.
  struct Position {
    let lesson: Int
    /// nil: not begun.
    var progress: LessonProgress?
    var optimizer: OrderedDictionary<String, HostTensor> = [:]
    let eventOffset: Int
  }

  /// Learns what is not learned yet.
  /// - Throws: `RunError.interrupted` after saving a checkpoint.
  func run(resuming: Bool) throws {
    if configuration.compute.dataParallel, ranks.size > 1, let obstacle = configuration.sharingObstacle {
      observer.note("compute.dataParallel: rank 0 trains alone, because \(obstacle)")
    }
    var position = try resuming ? restore() : Position(lesson: 0, eventOffset: 0)
    let events = try EventLog(folder.metrics, keeping: position.eventOffset)
    while position.lesson < lessons.count {
      if position.progress == nil, ahead == nil { try learnAhead(from: position.lesson) }
      let carried = try learn(position, events)
      position = Position(lesson: position.lesson + 1, optimizer: carried, eventOffset: events.offset)
      if position.lesson < lessons.count { try stopIfAsked() }
    }
  }

  /// - Returns: the optimizer's state where it goes on in the next lesson: an online pass does not know of lessons.
  private func learn(
    _ position: Position, _ events: EventLog
  ) throws -> OrderedDictionary<String, HostTensor> {
    let lesson = lessons[position.lesson]
    let stream = lessonStream(position.lesson)
    let assignment = try resumedAssignment ?? strategy.begin(lesson, models, stream: stream)
    resumedAssignment = nil
    let scene = try scene(lesson, assignment, stream)
    let optimizer = try configuration.training.optimizer.makeOptimizer(for: assignment.parameters)
    if !position.optimizer.isEmpty { try optimizer.load(position.optimizer) }
    if position.progress == nil { try strategy.prepare(scene) }

    var progress = position.progress ?? LessonProgress()
    if position.progress == nil, let learned = ahead?.read(position.lesson) {
      progress = try take(learned, lesson, events)
    } else {
      let companions = companions(lesson, assignment)
      if companions != nil { try lead(position.lesson, optimizer, progress) }
      try train(
        scene, optimizer, &progress, among: companions, append: { try events.append($0) },
        save: { [self] in try save(position.lesson, $0, optimizer: optimizer.state(), isComplete: false, events) })
    }
    // Evaluation can take longer than training: an interruption in it must not cost the training.
    try save(position.lesson, progress, optimizer: optimizer.state(), isComplete: false, events)
    try strategy.conclude(scene)
    try settleModules()
    try measureStatistics(lesson)
    try models.settleHeads()
    if let tensor = try models.firstNonFinite() {
      throw RunError.unusable(
        reason: "\(lesson.name) left \(tensor) without finite values; a smaller training.optimizer.learningRate, a "
          + "larger training.batchSize or network.norm: group may help")
    }
    var carried: OrderedDictionary<String, HostTensor> = [:]
    if case .task(let task, _) = lesson {
      try settle(task, events)
      if online != nil { carried = try optimizer.state() }
    }
    try save(position.lesson, progress, optimizer: carried, isComplete: true, events)
    try storePart(of: position.lesson)
    ahead?.remove(position.lesson)
    return carried
  }

  /// Takes the remaining steps of a lesson.
  /// - Parameters:
  ///   - ranks: those who learn from each batch together; nil where this rank does alone.
  ///   - append: gets what happens, for `metrics.jsonl`.
  ///   - save: writes a checkpoint within the lesson; nil where there is none.
  func train(
    _ scene: LessonScene, _ optimizer: any Optimizer, _ progress: inout LessonProgress,
    among ranks: Communicator? = nil, append: (any Encodable) throws -> Void, save: ((LessonProgress) throws -> Void)?
  ) throws {
    let lesson = scene.lesson
    let clock = ContinuousClock()
    var start = clock.now
    let tick = { [self] in
      trainSeconds += (clock.now - start) / .seconds(1)
      start = clock.now
    }
    let everySteps = configuration.checkpoints.everySteps
    let isShared = isShared(lesson, scene.assignment)
    try Trainer(
      settings: configuration.training, strategy: strategy, rehearsal: scene.rehearsal,
      precisions: configuration.compute.precision, ranks: ranks
    ).train(
      lesson, scene.assignment, optimizer, on: scene.material, stream: scene.stream, progress: &progress,
      afterEpoch: { epoch in
        try append(
          TrainingEvent(
            lesson: lesson.name, epoch: epoch.number, epochs: epoch.of, meanLoss: epoch.meanLoss,
            learningRate: epoch.rate))
        if let reading = epoch.robustness {
          try append(RobustnessEvent(lesson: lesson.name, epoch: epoch.number, reading))
          if reading.hasOverfitted { observer.warn(Self.overfittingWarning(lesson, epoch, reading)) }
        }
        observer.progress("learn \(lesson.name)", done: epoch.number, of: epoch.of, unit: "epochs")
      },
      afterStep: { progress in
        if isShared { noteTrainingRanks() }
        guard interruption.isRaised || (everySteps > 0 && progress.step.isMultiple(of: everySteps)) else { return }
        tick()
        try save?(progress)
        try stopIfAsked()
      })
    tick()
  }

  private static func overfittingWarning(
    _ lesson: Lesson, _ epoch: Trainer.Epoch, _ reading: OverfittingCheck.Reading
  ) -> String {
    let percent = { (share: Double) in "\(Int((share * 100).rounded()))%" }
    return "catastrophic overfitting in \(lesson.name): after epoch \(epoch.number) PGD leaves "
      + "\(percent(reading.accuracy)) of \(reading.count) training images right, after an earlier one "
      + "\(percent(reading.best ?? 0)). A smaller training.adversarial.epsilon or step, fewer epochs or method pgd help"
  }

  func scene(_ lesson: Lesson, _ assignment: Assignment, _ stream: RandomStream) throws -> LessonScene {
    LessonScene(
      lesson: lesson, models: models, material: try material(of: lesson, assignment, stream), assignment: assignment,
      rehearsal: Rehearsal(
        images: rehearsedImages, place: place(of: lesson, assignment),
        augmentation: configuration.training.augmentation,
        device: material.device),
      stream: stream, precisions: configuration.compute.precision)
  }

  /// For places of a lesson's own images those in the images of all tasks.
  private func place(of lesson: Lesson, _ assignment: Assignment) -> (Int) -> Int? {
    guard case .task(let index, _) = lesson, assignment.images == nil else { return { _ in nil } }
    return online == nil ? { [rehearsedImages] in rehearsedImages.place(of: $0, inPart: index) } : { $0 }
  }

  private func material(
    of lesson: Lesson, _ assignment: Assignment, _ stream: RandomStream
  ) throws -> LessonMaterial {
    let images: any LabelledImages
    switch lesson {
    case .pretraining:
      guard let pretraining = material.pretraining else {
        throw RunError.unusable(reason: "there is nothing to train the trunk on before the tasks")
      }
      images = pretraining.images
    case .task(let index, _):
      if let online { return online.stretch(index) }
      images = assignment.images ?? models.layout.images(of: index..<index + 1, in: self.stream)
    }
    let batchSize = configuration.training.batchSize
    // A last, shorter batch would give its images more weight and its norms poorer statistics.
    let order = BatchOrder(
      indices: Array(0..<images.count), batchSize: batchSize, shuffle: stream.stream("order"),
      dropLast: images.count >= batchSize)
    return LessonMaterial(images: images, order: order)
  }

  /// After a task is learned: evaluates all tasks so far, records what must not change, and checks what was recorded.
  private func settle(_ task: Int, _ events: EventLog) throws {
    // A task that is evaluated alone stands on what is in memory.
    let digests = try evaluatesAll(after: task) ? models.digests(reading: true) : TensorDigest.digests(models.files())
    try measure(task, digests: digests)
    issued[task] = evaluator.bound(of: task).map(IssuedBound.init)
    for measured in record.accuracy {
      for column in 0...task {
        guard let tally = measured.tally(after: task, on: column) else { continue }
        try events.append(
          EvaluationEvent(
            afterTask: task + 1, onTask: column + 1, measure: measured.key.title,
            readout: measured.key.readout.rawValue, correct: tally.correct, n: tally.n))
      }
    }
    if configuration.strategy.kind.promisesNonForgetting {
      if evaluatesAll(after: task) { try promises.compare(digests, models, benchmarks) }
      try promises.record(task, digests, models, benchmarks)
    }
  }

  /// Whether all tasks so far are evaluated after a task, or that task alone.
  func evaluatesAll(after task: Int) -> Bool {
    (task + 1).isMultiple(of: configuration.evaluation.everyTasks) || task == stream.tasks.count - 1
  }

  /// Measures row `task` with the networks as they are, with the other ranks.
  func measure(_ task: Int, digests: OrderedDictionary<String, String>) throws {
    try ranks.lead { .measure(task: task, digests: digests, try sharedNetworks()) }
    try measureTogether(task, digests: digests)
  }

  /// The same, on a rank that has the networks.
  func measureTogether(_ task: Int, digests: OrderedDictionary<String, String>) throws {
    let networks = DeployedNetworks(count: task + 1, inputShape: models.trunk.inputShape, device: models.device) {
      [models] in try models.network(for: $0).deployed()
    }
    guard evaluatesAll(after: task) else {
      let digest = TaskModels.networkDigests(digests, tasks: task...task)[0]
      return try evaluator.measure(
        task, after: task, networks, digest: digest, infersTasks: rule != nil, into: &record)
    }
    let readout = TaskAgnosticReadout(
      networks: networks, classes: benchmarks[0...task].map(\.task.classes), scoring: try scoring(task),
      tellsTasksApart: !models.layout.sharesOutputs)
    try evaluator.measure(
      row: task, digests: TaskModels.networkDigests(digests, tasks: 0...task), agnostic: readout, into: &record)
  }
}
