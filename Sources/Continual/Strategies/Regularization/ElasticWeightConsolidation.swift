import OrderedCollections
import ResidualNets
import TorchCore

/// EWC: weights are held as firmly as the old tasks' answers depend on them, L(θ) + λ/2 Σ_i F_i (θ_i − θ*_i)².
///
/// F is the diagonal of the Fisher information, per image and exact: the expectation over labels is that of the network
/// itself, F = 1/N Σ_n Σ_k p_k (∂ log p_k(x_n) / ∂θ)², not that of the images' own labels (the empirical Fisher).
/// It is summed over tasks, F ← γ F + F_task, with one anchor at the newest weights.
/// Source: Kirkpatrick et al. 2017, equation 3; the sum with one anchor: Huszár 2018; γ < 1, online EWC: Schwarz et al.
/// 2018.
final class ElasticWeightConsolidation: AnchoringStrategy {
  static let traits = StrategyTraits(scenarios: Set(Scenario.allCases), learnsOnline: false)
  /// λ where none is given. Plain gradient descent with a penalty of curvature λ F diverges where rate · λ · max F is
  /// above 2 (momentum μ: 2 (1 + μ)); this one is small enough for the default optimizer. With Adam 100 and more are
  /// usual.
  static let ownStrength = 1.0

  let lengths: LessonLengths
  /// λ/2.
  let factor: Double
  var anchor = QuadraticAnchor()
  var shared: OrderedDictionary<String, Parameter> = [:]
  /// γ.
  private let decay: Double
  private let samples: Int

  init(_ regularization: Configuration.Regularization, _ lengths: LessonLengths) {
    // The old tasks' importance fades before it holds (Schwarz et al. 2018, equation 9); γ = 1 leaves it as it is.
    factor = (regularization.strength ?? Self.ownStrength) * regularization.decay / 2
    decay = regularization.decay
    samples = regularization.samples
    self.lengths = lengths
  }

  func conclude(_ scene: LessonScene) throws {
    guard scene.lesson.isTask else { return }
    let fisher = try scene.meanOverImages(samples, drawnFor: "fisher", of: shared, Self.fisherDiagonal)
    let before = anchor.importance
    try anchor.settle(
      at: shared,
      importance: fisher.merging(before) { fisher, before in try before * decay + fisher })
  }

  /// Σ_k p_k (∂ log p_k / ∂θ)² of one image's logits 1×K, for each parameter.
  static func fisherDiagonal(_ logits: Tensor, _ parameters: [Tensor]) throws -> [Tensor] {
    let logProbabilities = try logits.logSoftmax(1)
    let roots = try logits.detached().softmax(1).sqrt()
    // Row k: √p_k at place k, so that the product is √p_k ∂ log p_k / ∂θ.
    let seeds = try Tensor.eye(logits.size(1), dtype: logits.dtype).to(logits.device) * roots
    var diagonal = try parameters.map { try $0.detached().zerosLike() }
    for k in 0..<logits.size(1) {
      let scores = try gradients(
        of: logProbabilities, seed: seeds.narrowed(0, from: k, count: 1), withRespectTo: parameters,
        retainingGraph: true)
      diagonal = try zip(diagonal, scores).map { sum, score in try score.map { try sum + $0.squared() } ?? sum }
    }
    return diagonal
  }
}
