import Lipschitz
import ResidualNets
import TorchCore

/// λ · CE(z′, y) with z′_j = z_j + c·L̂·‖w_y − w_j‖ for j ≠ y: a margin counts only for what is left of it after the
/// most that a perturbation of L2 norm c could take.
///
/// Source: Lipschitz-margin training (Tsuzuku, Sato and Sugiyama 2018, algorithm 1), where the addition is √2·c·L with
/// L of the logits. Here L̂ is that of the features and the last layer enters pair by pair, as in the certificate that
/// it trains for (and in Leino, Wang and Fredrikson 2021). L̂ is ``Lipschitz/NormEstimate`` of the network as it would
/// be deployed now: batch norms with their running statistics, adapters merged.
struct LipschitzMarginPenalty: PenaltyTerm {
  /// λ.
  let weight: Double
  /// c, in pixels.
  let radius: Double
  /// Of power iteration, for each linear layer.
  var iterations = 8

  func value(_ pass: ForwardPass) throws -> Tensor {
    let network = try pass.learning.requirePixels()
    let (constant, featureScale) = try network.featureNorm(NormEstimate(iterations: iterations, stream: pass.stream))
    return try pass.answers.mean { group in
      let targets = try pass.answers.targets(of: group)
      let head = try network.heads.weight(of: group)
      let rows = try featureScale.map { try head * $0.to(head.dtype) } ?? head
      let taken = try rows.distances().selecting(0, targets) * constant * radius
      return try (group.logits + taken).crossEntropy(targets)
    } * weight
  }
}

extension PixelLearning {
  /// An estimate of the constant from pixels to features, and a factor per feature that the head takes over.
  fileprivate func featureNorm(_ estimate: NormEstimate) throws -> (constant: Tensor, featureScale: Tensor?) {
    let (stages, featureScale) = try trunk.deployedBody(Passage(adapter: adapter, mode: .evaluation))
    let constant = try estimate.norm(of: stages, input: SampleShape(lengths: trunk.inputShape))
    return (constant, featureScale)
  }
}

extension Tensor {
  /// ‖w_i − w_j‖ of the rows of a K×F matrix, K×K.
  fileprivate func distances() throws -> Tensor {
    let squares = try squared().sum([1], keepingDimensions: true)
    let between = try (squares + squares.transposed() - matmul(transposed()) * 2).clamped(0, .infinity)
    // A row is at distance 0 from itself, where the root has no derivative.
    let others = try 1 - Tensor.eye(size(0), dtype: dtype, device: device)
    return try (between + 1e-12).sqrt() * others
  }
}
