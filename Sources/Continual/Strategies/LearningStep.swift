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
  let rehearsal: Rehearsal
  /// The random stream of the lesson.
  let stream: RandomStream
  /// Of the batch, those that this rank learns from; nil for all.
  var rows: Range<Int>?

  /// The objective on the step's own batch.
  func loss() throws -> Tensor { try evaluated().loss }

  /// The same, and the pass forward that it is read off, for a strategy that asks more of it.
  func evaluated() throws -> (loss: Tensor, pass: ForwardPass) {
    try objective.evaluate(learning, batch.inputs, batch.outputs, rows: rows, step: number, stream)
  }

  /// The objective on other inputs, with randomness of their own.
  /// - Parameter purpose: names that randomness.
  func loss(of inputs: Tensor, _ outputs: [Int], _ purpose: String) throws -> Tensor {
    try objective.loss(learning, inputs, outputs, step: number, stream.stream(purpose))
  }

  /// The random stream of this step for a purpose.
  func draws(_ purpose: String) -> RandomStream { stream.stream(purpose).stream(number) }
}
