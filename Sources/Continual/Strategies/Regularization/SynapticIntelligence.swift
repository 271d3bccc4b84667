import OrderedCollections
import ResidualNets
import TensorFiles
import TorchCore

/// SI: weights are held as firmly as they helped to bring the old tasks' losses down, L(θ) + c Σ_i Ω_i (θ_i − θ*_i)².
///
/// Along the way ω_i sums −g_i Δθ_i over the steps of a task, g being the gradient of L alone: the share of the fall of
/// L that weight i brought about. At the end of the task Ω_i ← max(0, Ω_i + ω_i / ((θ_i − θ*_i)² + ξ)), θ* being the
/// weights at the task's start; then θ* ← θ. The maximum is the authors' code's (ω can be negative, and a negative Ω
/// would push weights away); the paper has none. Source: Zenke, Poole and Ganguli 2017, equations 3 to 5.
final class SynapticIntelligence: AnchoringStrategy {
  static let traits = StrategyTraits(scenarios: Set(Scenario.allCases), learnsOnline: false)
  /// The authors' own on split MNIST.
  static let ownStrength = 1.0

  let lengths: LessonLengths
  /// c.
  let factor: Double
  var anchor = QuadraticAnchor()
  var shared: OrderedDictionary<String, Parameter> = [:]
  /// ξ.
  private let damping: Double
  /// ω of the task that is being learned; empty between tasks.
  private var path: ParameterTable = [:]
  /// What the step in progress starts from: the gradient of L alone, and the weights.
  private var departure: [(key: String, gradient: Tensor, value: Tensor)] = []

  init(_ regularization: Configuration.Regularization, _ lengths: LessonLengths) {
    factor = regularization.strength ?? Self.ownStrength
    damping = regularization.damping
    self.lengths = lengths
  }

  func prepare(_ scene: LessonScene) throws {
    guard scene.lesson.isTask else { return }
    if anchor.isEmpty { try anchor.settle(at: shared, importance: shared.zeros()) }
    path = try shared.zeros()
  }

  func direction(
    _ gradients: [Tensor], _ parameters: OrderedDictionary<String, Parameter>, _ step: LearningStep
  ) throws -> [Tensor] {
    // What arrives is the gradient of loss and penalty together; the penalty's own is known in closed form.
    let pull = try anchor.gradient(shared)
    departure = try zip(parameters, gradients).compactMap { parameter, gradient in
      guard path[parameter.key] != nil, let pull = pull[parameter.key] else { return nil }
      return (parameter.key, try gradient - pull * factor, try parameter.value.value.detached().clone())
    }
    return gradients
  }

  func took(_ step: LearningStep, _ gradients: [Tensor], _ parameters: OrderedDictionary<String, Parameter>) throws {
    for (key, gradient, before) in departure {
      guard let sum = path[key], let after = try parameters[key]?.value.detached() else { continue }
      path[key] = try sum.addingProduct(gradient, after - before, scale: -1)
    }
    departure = []
  }

  func conclude(_ scene: LessonScene) throws {
    guard scene.lesson.isTask else { return }
    let (now, start, before) = (try shared.snapshot(), anchor.values, anchor.importance)
    var importance: ParameterTable = [:]
    for (key, path) in path {
      guard let now = now[key], let start = start[key], let before = before[key] else { continue }
      importance[key] = try Self.importance(before, path: path, change: now - start, damping: damping)
    }
    try anchor.settle(at: shared, importance: importance)
    path = [:]
  }

  /// max(0, Ω + ω / (Δ² + ξ)).
  static func importance(_ before: Tensor, path: Tensor, change: Tensor, damping: Double) throws -> Tensor {
    try (before + path / (change.squared() + damping)).relu()
  }

  // MARK: State

  private static let pathName = "path"

  func state() throws -> OrderedDictionary<String, HostTensor> {
    var state: OrderedDictionary<String, HostTensor> = [:]
    try anchor.store(in: &state)
    try state.store(path, as: Self.pathName)
    return state
  }

  func load(_ state: OrderedDictionary<String, HostTensor>) throws {
    var state = state
    let anchor = try QuadraticAnchor(from: &state, for: shared)
    let path = try state.takeTable(Self.pathName, for: shared)
    try state.requireNothingLeft()
    guard path.isEmpty || !anchor.isEmpty else {
      throw StateError(reason: "there are tensors of '\(Self.pathName)' and no anchor that the path began at")
    }
    (self.anchor, self.path) = (anchor, path)
  }
}
