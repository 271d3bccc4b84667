import Distributed
import ImageData
import OrderedCollections
import RandomStreams
import ResidualNets
import TensorFiles

extension Session {
  /// Takes a lesson from where it stands to its checkpoint.
  /// - Returns: the optimizer's state where it goes on in the next lesson: an online pass does not know of lessons.
  func learn(
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
}
