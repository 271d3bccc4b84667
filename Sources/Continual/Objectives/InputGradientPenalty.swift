import TorchCore

/// λ · 1/N Σₙ ‖∇_{xₙ} CE‖²: a loss that is flat in the pixels.
///
/// Source: Ross and Doshi-Velez 2018, with CE summed over the batch, so that without batch statistics each sample's
/// gradient is its own. The gradient has a graph, and the step differentiates it once more.
struct InputGradientPenalty: PenaltyTerm {
  /// λ.
  let weight: Double

  var differentiatesInputs: Bool { true }

  func value(_ pass: ForwardPass) throws -> Tensor {
    _ = try pass.learning.requirePixels()
    let count = Double(pass.inputs.size(0))
    let gradient = try gradients(of: pass.loss * count, withRespectTo: [pass.inputs], recordingGraph: true)[0]
    // Answers that no pixel reaches have nothing to flatten.
    return try (gradient ?? pass.inputs.zerosLike()).squared().sum() * (weight / count)
  }
}
