import ImageData
import RandomStreams
import TorchCore

/// One step of a lesson, as a strategy sees it.
struct LearningStep {
  let lesson: Lesson
  /// Steps of this lesson that were taken before.
  let number: Int
  let batch: LearningBatch
  let learning: any Learning
  /// What the network is to minimise on a batch.
  let objective: Objective
  /// How images that were seen before come back.
  let recall: Recall
  /// The random stream of the lesson.
  let stream: RandomStream

  /// The objective on the step's own batch.
  func loss() throws -> Tensor { try objective.loss(learning, batch.inputs, batch.outputs, step: number, stream) }

  /// The same, and the pass forward that it is read off, for a strategy that asks more of it.
  func evaluated() throws -> (loss: Tensor, pass: ForwardPass) {
    try objective.evaluate(learning, batch.inputs, batch.outputs, step: number, stream)
  }

  /// The objective on other inputs, with randomness of their own.
  /// - Parameter purpose: names that randomness.
  func loss(of inputs: Tensor, _ outputs: [Int], _ purpose: String) throws -> Tensor {
    try objective.loss(learning, inputs, outputs, step: number, stream.stream(purpose))
  }

  /// The random stream of this step for a purpose.
  func draws(_ purpose: String) -> RandomStream { stream.stream(purpose).stream(number) }
}

/// Brings back images of the stream that were seen before.
struct Recall {
  /// The training images of all tasks; their targets are numbers of outputs.
  let images: JoinedImages
  /// For each place of the lesson's images the place in ``images``.
  let place: (Int) -> Int
  let augmentation: Augmentation
  let device: Device

  /// Inputs N×C×H×W in [0, 1] and the numbers of their outputs.
  /// - Parameters:
  ///   - places: in ``images``.
  ///   - stream: augmentation draws from it; nil brings images back as they are.
  func inputs(_ places: [Int], _ stream: RandomStream?) throws -> (inputs: Tensor, outputs: [Int]) {
    var pixels = try images.gather(places)
    if let stream, augmentation.changesSamples {
      try augmentation.apply(to: &pixels, shape: images.shape) { stream.stream($0) }
    }
    return (
      try Tensor(samples: pixels, count: places.count, shape: images.shape, on: device), places.map(images.target)
    )
  }
}
