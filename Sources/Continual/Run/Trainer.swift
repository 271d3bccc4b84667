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
}

/// The training loop: batches in an order that is a pure function of the stream, so that it can start at any step.
struct Trainer {
  let settings: Configuration.Training
  let device: Device

  /// One epoch's figures.
  struct Epoch: Sendable {
    let number: Int
    let of: Int
    let meanLoss: Double
    let rate: Double
  }

  /// Takes the remaining steps of a lesson.
  /// - Parameters:
  ///   - afterStep: called after every step; may save a checkpoint, or throw to stop.
  ///   - afterEpoch: called after every epoch's last step, before `afterStep`.
  func train(
    _ assignment: Assignment, _ optimizer: any Optimizer, on images: TaskImages, stream: RandomStream,
    progress: inout LessonProgress, afterEpoch: (Epoch) throws -> Void, afterStep: (LessonProgress) throws -> Void
  ) throws {
    // A last, shorter batch would give its images more weight and its norms poorer statistics.
    let order = BatchOrder(
      indices: Array(images.indices.indices), batchSize: settings.batchSize, shuffle: stream.stream("order"),
      dropLast: images.count >= settings.batchSize)
    let perEpoch = order.batchCount
    let total = perEpoch * assignment.epochs
    var batches: (epoch: Int, list: [[Int]])?

    while progress.step < total {
      let (epoch, position) = progress.step.quotientAndRemainder(dividingBy: perEpoch)
      if batches?.epoch != epoch { batches = (epoch, order.batches(epoch: epoch)) }
      guard let batch = batches?.list[position] else { return }

      let rate = settings.optimizer.learningRate * settings.schedule.value.factor(step: progress.step, total: total)
      let loss = try loss(assignment.network, images, batch)
      try optimizer.minimize(loss, rate: rate)

      let value = try loss.item()
      guard value.isFinite else {
        throw RunError.unusable(
          reason: "training diverged: the loss of step \(progress.step + 1) is \(value). "
            + "A smaller training.optimizer.learningRate may help")
      }
      progress.epochLoss += value
      progress.step += 1
      if position == perEpoch - 1 {
        try afterEpoch(
          Epoch(
            number: epoch + 1, of: assignment.epochs, meanLoss: progress.epochLoss / Double(perEpoch), rate: rate))
        progress.epochLoss = 0
      }
      try afterStep(progress)
    }
  }

  private func loss(_ network: TaskNetwork, _ images: TaskImages, _ batch: [Int]) throws -> Tensor {
    let pixels = try images.pixels(batch, on: device)
    let targets = try Tensor(indices: batch.map { images.targets[$0] }).to(device)
    return try network.logits(pixels, .training).crossEntropy(targets)
  }
}

extension Configuration.Training.Schedule {
  var value: Schedule {
    switch self {
    case .constant: .constant
    case .cosine: .cosine
    case .step: .step(milestones: [0.5, 0.75], factor: 0.1)
    }
  }
}
