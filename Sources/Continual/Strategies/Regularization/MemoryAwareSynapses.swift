import OrderedCollections
import ResidualNets
import TorchCore

/// MAS: weights are held as firmly as the length of the network's answers depends on them,
/// L(θ) + λ Σ_i Ω_i (θ_i − θ*_i)².
///
/// Ω = 1/N Σ_n |∂ ‖f(x_n)‖² / ∂θ| asks for no labels; f are the logits of the task's own outputs, and the absolute
/// value is taken image by image. It is summed over tasks, with one anchor at the newest weights. Source: Aljundi et
/// al. 2018, section 4, with the squared norm for networks of several outputs.
final class MemoryAwareSynapses: AnchoringStrategy {
  static let traits = StrategyTraits(scenarios: Set(Scenario.allCases), learnsOnline: false)
  /// λ where none is given: small enough for the default optimizer, as for EWC. The authors have 1, with a far smaller
  /// learning rate.
  static let ownStrength = 0.01

  let lengths: LessonLengths
  /// λ.
  let factor: Double
  var anchor = QuadraticAnchor()
  var shared: OrderedDictionary<String, Parameter> = [:]
  private let samples: Int

  init(_ regularization: Configuration.Regularization, _ lengths: LessonLengths) {
    factor = regularization.strength ?? Self.ownStrength
    samples = regularization.samples
    self.lengths = lengths
  }

  func conclude(_ scene: LessonScene) throws {
    guard scene.lesson.isTask else { return }
    let sensitivity = try scene.meanOverImages(samples, drawnFor: "sensitivity", of: shared, Self.sensitivity)
    let before = anchor.importance
    try anchor.settle(at: shared, importance: sensitivity.merging(before) { try $0 + $1 })
  }

  /// |∂‖f‖² / ∂θ| of one image's logits f (1×K), for each parameter.
  static func sensitivity(_ logits: Tensor, _ parameters: [Tensor]) throws -> [Tensor] {
    try zip(gradients(of: logits.squared().sum(), withRespectTo: parameters), parameters).map { gradient, parameter in
      try gradient?.abs() ?? parameter.detached().zerosLike()
    }
  }
}
