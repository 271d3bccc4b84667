import Distributed
import ImageData
import RandomStreams
import ResidualNets
import TorchCore

/// Where a lesson stands; enough, with the tensors, to go on as if nothing had happened.
struct LessonProgress: Codable, Sendable, Equatable {
  /// Optimizer steps taken.
  var step = 0
  /// Sum of the losses of this epoch's steps.
  var epochLoss = 0.0
  /// The highest accuracy under attack after an epoch so far, where that is watched.
  var bestRobustness: Double?
}

/// The training loop: batches in an order that is a pure function of the stream, so that it can start at any step.
struct Trainer {
  let settings: Configuration.Training
  let strategy: any LearningStrategy
  let rehearsal: Rehearsal
  var precisions = Configuration.Precisions()
  /// Those who learn from each batch together, every one a share of it; nil where this rank does alone.
  var ranks: Communicator?

  /// One epoch's figures.
  struct Epoch: Sendable {
    let number: Int
    let of: Int
    let meanLoss: Double
    let rate: Double
    /// Of single-step adversarial training.
    let robustness: OverfittingCheck.Reading?
  }

  /// Takes the remaining steps of a lesson.
  /// - Parameters:
  ///   - afterStep: called after every step; may save a checkpoint, or throw to stop.
  ///   - afterEpoch: called after every epoch's last step, before `afterStep`.
  func train(
    _ lesson: Lesson, _ assignment: Assignment, _ optimizer: any Optimizer, on material: LessonMaterial,
    stream: RandomStream, progress: inout LessonProgress, afterEpoch: (Epoch) throws -> Void,
    afterStep: (LessonProgress) throws -> Void
  ) throws {
    let perEpoch = material.order.batchCount
    let total = length(assignment, perEpoch)
    guard progress.step < total else { return }
    let epochs = (total + perEpoch - 1) / perEpoch
    let schedule = material.schedule ?? (before: 0, total: total)
    let (epoch, position) = progress.step.quotientAndRemainder(dividingBy: perEpoch)
    let learning = assignment.learning.computing(in: precisions)
    let batches = try learning.batches(
      of: material, epochs: epoch..<epochs, startingAt: (epoch, position),
      augmentation: augmentation(material.images, stream.stream("augmentation")), on: rehearsal.device)
    let objective = try Objective(settings)
    // Whoever does not lead reports nothing.
    let check = ranks?.isFirst == false ? nil : try settings.adversarial.overfittingCheck

    while progress.step < total, let batch = try batches.next() {
      let rate =
        settings.optimizer.learningRate
        * settings.schedule.value.factor(step: schedule.before + progress.step, total: schedule.total)
      let step = LearningStep(
        lesson: lesson, number: progress.step, batch: batch, learning: learning, objective: objective,
        rehearsal: rehearsal, stream: stream, ranks: ranks)
      let loss = try strategy.loss(step)
      let gradients = try strategy.direction(
        step.sum(optimizer.gradients(of: loss)), optimizer.parameters, step)
      let value = try step.sum(loss.item())
      try optimizer.step(gradients: gradients, rate: rate)

      guard value.isFinite else {
        throw RunError.unusable(
          reason: "training diverged: the loss of step \(progress.step + 1) is \(value). "
            + "A smaller training.optimizer.learningRate may help, and of a strategy that holds weights a smaller "
            + "strategy.regularization.strength")
      }
      try strategy.took(step, gradients, optimizer.parameters)
      progress.epochLoss += value
      progress.step += 1
      if batch.number == perEpoch - 1 || progress.step == total {
        try ranks?.requireEqual(
          optimizer.parameters, strategy.state(), after: "epoch \(batch.epoch + 1) of \(lesson.name)")
        let robustness = try check?.reading(
          assignment.learning, material, best: progress.bestRobustness, on: rehearsal.device, stream)
        let mean = progress.epochLoss / Double(batch.number + 1)
        try afterEpoch(
          Epoch(number: batch.epoch + 1, of: epochs, meanLoss: mean, rate: rate, robustness: robustness))
        if let robustness {
          progress.bestRobustness = max(robustness.accuracy, robustness.best ?? 0)
        }
        progress.epochLoss = 0
      }
      try afterStep(progress)
    }
  }

  /// The steps of a lesson; none where there is nothing to train.
  private func length(_ assignment: Assignment, _ perEpoch: Int) -> Int {
    guard let steps = settings.steps, assignment.epochs > 0, perEpoch > 0 else { return perEpoch * assignment.epochs }
    return steps
  }

  /// What changes a batch before it is seen; nil where nothing does. An image's own stream decides, so that neither its
  /// neighbours in the batch nor the number of threads matter.
  private func augmentation(_ images: any LabelledImages, _ stream: RandomStream) -> BatchLoader.Augmentation? {
    let augmentation = settings.augmentation
    guard augmentation.changesSamples else { return nil }
    return { pixels, places, epoch in
      let stream = stream.stream(epoch)
      try augmentation.apply(to: &pixels, shape: images.shape) { stream.stream(images.identity(places[$0])) }
    }
  }
}

extension Configuration.Training.Schedule {
  var value: Schedule {
    switch self {
    case .constant: .constant
    case .cosine: .cosine
    case .cyclic: .cyclic
    case .step: .step(milestones: [0.5, 0.75], factor: 0.1)
    }
  }
}
