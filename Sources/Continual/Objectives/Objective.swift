import ImageData
import RandomStreams
import ResidualNets
import TorchCore

/// What a network is to minimise on a batch, whoever asks: cross-entropy under a threat, and penalties.
///
/// - Of images as they are: CE(f(x), y); of mixed ones that of both labels by their shares (Zhang et al. 2018).
/// - Under noise: the same of x + σε, ε ~ N(0, I) and not clipped (Cohen, Rosenfeld and Kolter 2019, section 3.3).
/// - Of perturbed images: CE(f(x′), y) with x′ crafted against the network as it stands.
/// - Of TRADES: CE(f(x), y) + β·KL(f(x) ‖ f(x′)).
///
/// Penalties are read off the same pass forward as the cross-entropy, and so on the same images.
struct Objective {
  let augmentation: Augmentation
  /// σ, in pixels; 0 for none.
  var noise = 0.0
  /// Nil for images as they are.
  let threat: TrainingAttack?
  let penalties: [any PenaltyTerm]

  /// Whether the cross-entropy is of perturbed images rather than of the batch's own.
  var perturbsInputs: Bool { threat.map { $0.consistency == nil } ?? false }

  /// The loss of a batch, or of some rows of it, and the pass forward that it is read off.
  /// - Parameters:
  ///   - rows: nil for all. What happens to a row does not depend on which others are taken, but for norms that look at
  ///     the batch.
  ///   - step: the step's number in its lesson.
  ///   - stream: of the lesson.
  /// - Throws: `RunError.unusable` where inputs are no pixels and the objective needs them.
  func evaluate(
    _ learning: any Learning, _ inputs: Tensor, _ outputs: [Int], rows: Range<Int>? = nil, step: Int,
    _ stream: RandomStream
  ) throws -> (loss: Tensor, pass: ForwardPass) {
    let batch = try BatchRows(inputs, outputs, rows ?? 0..<outputs.count)
    let draws = stream.stream("branches").stream(step)
    let perturbed = try threat?.perturbed(
      batch.own, batch.ownOutputs, from: batch.rows.lowerBound, learning, stream.stream("threat").stream(step))
    let trades = threat?.consistency
    let pass = try pass(
      learning, trades == nil ? perturbed ?? batch.own : batch.own, batch, draws,
      mixing: stream.stream("mixup").stream(step), noise: stream.stream("noise").stream(step),
      stream.stream("penalty").stream(step))
    var loss = pass.loss
    if let trades, let perturbed {
      let answers = try learning.answers(perturbed, batch.ownOutputs, .training, draws: draws)
      loss = try loss + pass.answers.divergence(to: answers) * trades
    }
    for penalty in penalties { loss = try loss + penalty.value(pass) }
    return (loss, pass)
  }

  /// - Parameter inputs: of the rows, as they are or perturbed; those that are mixed with others are never perturbed.
  private func pass(
    _ learning: any Learning, _ inputs: Tensor, _ batch: BatchRows, _ draws: RandomStream,
    mixing mixingStream: RandomStream, noise noiseStream: RandomStream, _ penaltyStream: RandomStream
  ) throws -> ForwardPass {
    var inputs = inputs
    let mixing = augmentation.mixing(batch: batch.outputs.count, stream: mixingStream)
    let partners = mixing.map { Array($0.partners[batch.rows]) } ?? []
    if let mixing {
      let others = try batch.inputs.selecting(0, Tensor(indices: partners).to(inputs.device))
      inputs = try inputs * mixing.weight + others * (1 - mixing.weight)
    }
    // Behind mixing, which would weaken it.
    if noise > 0 { inputs = try noisy(inputs, batch, learning, noiseStream) }
    if penalties.contains(where: \.differentiatesInputs) { inputs = try inputs.asLeaf() }
    let answers = try learning.answers(inputs, batch.ownOutputs, .training, draws: draws)
    let loss =
      try mixing.map {
        try answers.crossEntropy() * $0.weight
          + answers.crossEntropy(with: partners.map { batch.outputs[$0] }) * (1 - $0.weight)
      } ?? answers.crossEntropy()
    return ForwardPass(learning: learning, inputs: inputs, answers: answers, loss: loss, stream: penaltyStream)
  }

  /// x + σε, ε being drawn for the whole batch.
  /// - Throws: `RunError.unusable` where inputs are no pixels.
  private func noisy(
    _ inputs: Tensor, _ batch: BatchRows, _ learning: any Learning, _ stream: RandomStream
  ) throws -> Tensor {
    _ = try learning.requirePixels()
    let all = try Tensor.normal(batch.inputs.shape, stream)
    return try inputs + all.rows(batch.rows).to(inputs.dtype).to(inputs.device) * noise
  }
}

/// Rows of a batch, and the batch that they are of.
private struct BatchRows {
  let inputs: Tensor
  let outputs: [Int]
  let rows: Range<Int>
  /// Those of the rows.
  let own: Tensor
  let ownOutputs: [Int]

  init(_ inputs: Tensor, _ outputs: [Int], _ rows: Range<Int>) throws {
    (self.inputs, self.outputs, self.rows) = (inputs, outputs, rows)
    own = try inputs.rows(rows)
    ownOutputs = Array(outputs[rows])
  }
}

extension Tensor {
  /// Some samples of a batch.
  func rows(_ rows: Range<Int>) throws -> Tensor {
    try rows == 0..<size(0) ? self : narrowed(0, from: rows.lowerBound, count: rows.count)
  }
}
