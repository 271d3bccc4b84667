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

  /// The loss of a batch.
  /// - Parameters:
  ///   - step: the step's number in its lesson.
  ///   - stream: of the lesson.
  /// - Throws: `RunError.unusable` where inputs are no pixels and the objective needs them.
  func loss(
    _ learning: any Learning, _ inputs: Tensor, _ outputs: [Int], step: Int, _ stream: RandomStream
  ) throws -> Tensor { try evaluate(learning, inputs, outputs, step: step, stream).loss }

  /// The loss of a batch, and the pass forward that it is read off.
  func evaluate(
    _ learning: any Learning, _ inputs: Tensor, _ outputs: [Int], step: Int, _ stream: RandomStream
  ) throws -> (loss: Tensor, pass: ForwardPass) {
    let draws = stream.stream("branches").stream(step)
    let mixing = augmentation.mixing(batch: outputs.count, stream: stream.stream("mixup").stream(step))
    let perturbed = try threat?.perturbed(inputs, outputs, learning, stream.stream("threat").stream(step))
    let trades = threat?.consistency
    let pass = try pass(
      learning, trades == nil ? perturbed ?? inputs : inputs, outputs, mixing, draws,
      noise: stream.stream("noise").stream(step), stream.stream("penalty").stream(step))
    var loss = pass.loss
    if let trades, let perturbed {
      let answers = try learning.answers(perturbed, outputs, .training, draws: draws)
      loss = try loss + pass.answers.divergence(to: answers) * trades
    }
    for penalty in penalties { loss = try loss + penalty.value(pass) }
    return (loss, pass)
  }

  private func pass(
    _ learning: any Learning, _ inputs: Tensor, _ outputs: [Int], _ mixing: Mixing?, _ draws: RandomStream,
    noise stream: RandomStream, _ penaltyStream: RandomStream
  ) throws -> ForwardPass {
    var inputs = inputs
    if let mixing {
      let partners = try Tensor(indices: mixing.partners).to(inputs.device)
      inputs = try inputs * mixing.weight + inputs.selecting(0, partners) * (1 - mixing.weight)
    }
    // Behind mixing, which would weaken it.
    if noise > 0 { inputs = try noisy(inputs, learning, stream) }
    if penalties.contains(where: \.differentiatesInputs) { inputs = try inputs.asLeaf() }
    let answers = try learning.answers(inputs, outputs, .training, draws: draws)
    let loss =
      try mixing.map {
        try answers.crossEntropy() * $0.weight
          + answers.crossEntropy(with: $0.partners.map { outputs[$0] }) * (1 - $0.weight)
      } ?? answers.crossEntropy()
    return ForwardPass(learning: learning, inputs: inputs, answers: answers, loss: loss, stream: penaltyStream)
  }

  /// x + σε.
  /// - Throws: `RunError.unusable` where inputs are no pixels.
  private func noisy(_ inputs: Tensor, _ learning: any Learning, _ stream: RandomStream) throws -> Tensor {
    _ = try learning.requirePixels()
    return try inputs + Tensor.normal(inputs.shape, stream).to(inputs.dtype).to(inputs.device) * noise
  }
}
