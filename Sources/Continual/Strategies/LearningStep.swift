import Distributed
import ImageData
import RandomStreams
import TorchCore

/// One step of a lesson, as a strategy sees it.
///
/// Ranks that learn together take it together: of every batch that goes through the network each has a part of its own
/// (``part(of:)``). Losses are parts, too, and add up over ranks to those of whole batches.
struct LearningStep {
  let lesson: Lesson
  /// Steps of this lesson that were taken before.
  let number: Int
  let batch: LearningBatch
  /// The network for whole batches; ``part(of:)`` has it for what this rank takes of one.
  let learning: any Learning
  /// What the network is to minimise on a batch.
  let objective: Objective
  /// How images that were seen before come back.
  let rehearsal: Rehearsal
  /// The random stream of the lesson.
  let stream: RandomStream
  /// Those who take the step together; nil where this rank does alone.
  var ranks: Communicator?

  /// The objective on the step's own batch; this rank's part.
  func loss() throws -> Tensor { try evaluated().loss }

  /// The same, and the pass forward over this rank's rows that it is read off, for a strategy that asks more of it.
  func evaluated() throws -> (loss: Tensor, pass: ForwardPass) {
    try evaluated(batch.inputs, batch.outputs, stream)
  }

  /// The objective on other inputs, with randomness of their own; this rank's part.
  /// - Parameters:
  ///   - inputs: the whole batch, on every rank.
  ///   - purpose: names that randomness.
  func loss(of inputs: Tensor, _ outputs: [Int], _ purpose: String) throws -> Tensor {
    try evaluated(inputs, outputs, stream.stream(purpose)).loss
  }

  private func evaluated(
    _ inputs: Tensor, _ outputs: [Int], _ stream: RandomStream
  ) throws -> (loss: Tensor, pass: ForwardPass) {
    let part = part(of: outputs.count)
    let (mean, pass) = try objective.evaluate(
      part.learning, inputs, outputs, rows: part.rows, step: number, stream)
    return (try part.summand(ofMean: mean), pass)
  }

  /// What this rank takes of a batch of so many images.
  func part(of count: Int) -> BatchPart { BatchPart(of: count, learning, ranks) }

  /// What this rank takes of the step's own batch.
  var ownPart: BatchPart { part(of: batch.outputs.count) }

  /// The gradients of a loss, on every rank.
  /// - Parameter own: those of this rank's part of it.
  func sum(_ own: [Tensor]) throws -> [Tensor] { try ranks?.sum(own) ?? own }

  /// The value of a loss, on every rank.
  /// - Parameter own: this rank's part of it.
  func sum(_ own: Double) throws -> Double { try ranks?.sum(own) ?? own }

  /// The random stream of this step for a purpose.
  func draws(_ purpose: String) -> RandomStream { stream.stream(purpose).stream(number) }
}
