import RandomStreams
import ResidualNets
import Robustness
import TorchCore

/// How images are perturbed before a step learns from them, against their true labels.
///
/// Crafting runs in evaluation mode, as in the authors' code of TRADES: no statistics, no power iteration and no
/// left-out branch moves or differs because of it, and what is attacked is the network that will answer.
struct TrainingAttack: Sendable {
  let ascent: GradientAscent
  /// β of TRADES, which perturbs what the network answers rather than its loss; nil for all others.
  let consistency: Double?

  /// x′ for each input, outside any graph.
  /// - Parameters:
  ///   - inputs: N×C×H×W in [0, 1].
  ///   - first: the number of the first input in its batch: each input has a stream of its own.
  ///   - stream: of the step.
  func perturbed(
    _ inputs: Tensor, _ outputs: [Int], from first: Int = 0, _ learning: any Learning, _ stream: RandomStream
  ) throws -> Tensor {
    _ = try learning.requirePixels()
    func answers(_ points: Tensor) throws -> Answers {
      try learning.answers(points, outputs, .evaluation, draws: nil)
    }
    let count = Double(outputs.count)
    let streams = outputs.indices.map { stream.stream(first + $0) }
    guard consistency != nil else {
      return try ascent.points(around: inputs, streams: streams) { try answers($0).crossEntropy() * count }
    }
    let clean = try withoutGradients { try answers(inputs) }
    return try ascent.points(around: inputs, streams: streams) { try clean.divergence(to: answers($0)) * count }
  }
}
