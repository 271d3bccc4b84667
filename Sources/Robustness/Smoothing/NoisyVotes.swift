import RandomStreams
import TensorFiles
import TorchCore

/// How often a classifier names each class of one image under Gaussian noise.
struct NoisyVotes {
  private let network: any Classifier
  /// 1×C×H×W in double precision, on the CPU.
  private let image: Tensor
  private let smoothing: RandomizedSmoothing

  /// - Parameter image: 1×C×H×W in [0, 1], fp32.
  init(_ network: any Classifier, image: Tensor, _ smoothing: RandomizedSmoothing) throws {
    self.network = network
    self.image = try image.doublesOnCPU()
    self.smoothing = smoothing
  }

  /// Votes by class. A draw with a logit that is not finite votes for none, so that votes may be fewer than draws.
  ///
  /// Draw number i has the stream of that number, whatever batch it goes in; a batch is all that is held in memory.
  /// - Parameter stopIfAsked: called before every batch.
  func count(_ draws: Int, _ stream: RandomStream, stopIfAsked: () throws -> Void) throws -> [Int] {
    var votes = Array(repeating: 0, count: network.classCount)
    for numbers in (0..<draws).batches(of: smoothing.batchSize) {
      try stopIfAsked()
      let logits = try network.logits(noisyCopies(numbers.map { stream.stream($0) }))
      let isDefined = try logits.abs().max([1]).isFinite().booleans()
      for (label, counts) in try zip(logits.argmax(1).integers(), isDefined) where counts { votes[label] += 1 }
    }
    return votes
  }

  /// x + σ·ε, one a stream, rounded once to fp32.
  private func noisyCopies(_ streams: [RandomStream]) throws -> Tensor {
    let noise = try Tensor.normal(perSample: streams, Array(image.shape.dropFirst()), dtype: .float64)
    return try (image + noise * smoothing.sigma).to(.float32).to(network.device).channelsLast()
  }
}
