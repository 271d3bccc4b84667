import ImageData
import RandomStreams
import ResidualNets
import TorchCore

/// What a network is to minimise on a batch: cross-entropy, of mixed inputs that of both labels by their shares (Zhang et
/// al. 2018).
struct Objective {
  let augmentation: Augmentation

  /// The loss of a batch.
  /// - Parameters:
  ///   - step: the step's number in its lesson.
  ///   - stream: of the lesson.
  func loss(
    _ learning: any Learning, _ inputs: Tensor, _ outputs: [Int], step: Int, _ stream: RandomStream
  ) throws -> Tensor {
    let mixing = augmentation.mixing(batch: outputs.count, stream: stream.stream("mixup").stream(step))
    let draws = stream.stream("branches").stream(step)
    guard let mixing else { return try learning.answers(inputs, outputs, .training, draws: draws).crossEntropy() }
    let partners = try Tensor(indices: mixing.partners).to(inputs.device)
    let mixed = try inputs * mixing.weight + inputs.selecting(0, partners) * (1 - mixing.weight)
    let answers = try learning.answers(mixed, outputs, .training, draws: draws)
    return try answers.crossEntropy() * mixing.weight
      + answers.crossEntropy(with: mixing.partners.map { outputs[$0] }) * (1 - mixing.weight)
  }
}
