import OrderedCollections
import RandomStreams
import ResidualNets
import TensorFiles
import TorchCore

/// A trunk that learns once and is frozen, and a head in closed form from the features of each task's images: after the
/// trunk's lesson nothing is trained by gradients.
final class ClosedFormStrategy: LearningStrategy {
  static let traits = StrategyTraits(
    scenarios: Set(Scenario.allCases), learnsOnline: false, freezesTrunk: true, inference: .logit)
  /// Of the form whose head reads random features.
  static let expandingTraits = StrategyTraits(
    scenarios: traits.scenarios, learnsOnline: false, freezesTrunk: true, expandsFeatures: true,
    inference: .logit)

  private let head: any ClosedFormHead
  /// Random features that the head reads in place of the trunk's own.
  private let expandedFeatures: Int?
  private let trunkLearnsFirstTask: Bool
  private let lengths: LessonLengths

  /// - Parameters:
  ///   - expandedFeatures: how many random features the head reads in place of the trunk's own; nil for these.
  ///   - trunkLearnsFirstTask: otherwise the trunk comes trained, from a pre-training lesson or from weights.
  init(
    _ head: any ClosedFormHead, expandingTo expandedFeatures: Int? = nil, trunkLearnsFirstTask: Bool,
    lengths: LessonLengths
  ) {
    self.head = head
    self.expandedFeatures = expandedFeatures
    self.trunkLearnsFirstTask = trunkLearnsFirstTask
    self.lengths = lengths
  }

  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment {
    guard case .task(let index, let classCount) = lesson else {
      return try trunkAssignment(lesson.classCount, models, stream)
    }
    let trunkLearns = index == 0 && trunkLearnsFirstTask
    // A trunk that came trained is settled before its first task.
    if !trunkLearns { try models.trunk.freeze() }
    if index == 0 {
      if let expandedFeatures { try models.useExpansion(expandedFeatures, stream: stream.stream("expansion")) }
      try head.begin(
        outputs: models.layout.count, features: expandedFeatures ?? models.trunk.featureCount, device: models.device)
    }
    try models.appendTask(classCount, stream: stream)
    guard !trunkLearns else { return try trunkAssignment(classCount, models, stream) }
    let learning = PixelLearning(trunk: models.trunk, adapter: nil, heads: try models.heads(for: lesson))
    return Assignment(learning, training: [], epochs: 0)
  }

  /// The trunk learns with a head that is dropped afterwards. The first task's outputs are the first ones.
  private func trunkAssignment(_ classCount: Int, _ models: TaskModels, _ stream: RandomStream) throws -> Assignment {
    let head = try models.usePretrainingHead(classCount, stream.stream("trunk"))
    return Assignment(
      PixelLearning(trunk: models.trunk, adapter: nil, heads: .common(head, active: classCount)),
      training: [("trunk", models.trunk), ("head", head)], epochs: lengths.trunk)
  }

  func conclude(_ scene: LessonScene) throws {
    guard scene.lesson.isTask else { return }
    let (models, expansion) = (scene.models, scene.models.expansion)
    let images = scene.material.images
    let features = try FrozenFeatures(models.trunk, scene.precisions.trunk, on: models.device)
    try features.forEachBatch(of: images) { places, f in
      try head.add((expansion?.forward(f) ?? f).to(.float64), places.map(images.target))
    }
    try withoutGradients { try writeHeads(models) }
  }

  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws {
    try models.settleTrunk()
    guard case .task(let index, _) = lesson else { return }
    try models.parts[index].freeze()
  }

  /// Under a budget all heads shrink by one factor, which leaves the order of their logits as it is, also between
  /// tasks.
  private func writeHeads(_ models: TaskModels) throws {
    let (weight, bias) = try head.solution()
    var heads: [(head: Linear, weight: Tensor, bias: Tensor)] = []
    if let commonHead = models.commonHead {
      heads = [(commonHead, weight, bias)]
    } else {
      for (task, part) in models.parts.held {
        let rows = try Tensor(indices: models.layout.outputs[task]).to(weight.device)
        heads.append((part.head, try weight.selecting(0, rows), try bias.selecting(0, rows)))
      }
    }
    var factor = 1.0
    for (head, weight, _) in heads { factor = min(factor, try head.factorWithinBudget(weight)) }
    for (head, weight, bias) in heads {
      try head.weight.value.assign(weight * factor)
      try head.bias.value.assign(bias * factor)
    }
  }

  func state() throws -> OrderedDictionary<String, HostTensor> { try head.sums.mapValues { try $0.host() } }

  func load(_ state: OrderedDictionary<String, HostTensor>) throws {
    let sums = head.sums
    for (name, target) in sums {
      guard let stored = state[name] else { throw StateError(reason: "tensor '\(name)' is missing") }
      guard stored.shape == target.shape, stored.elementType == .float64 else {
        throw StateError(
          reason: "tensor '\(name)' is \(stored.elementType) of shape \(stored.shape), not float64 of \(target.shape)")
      }
    }
    try state.filter { sums[$0.key] == nil }.requireNothingLeft()
    for (name, target) in sums { if let stored = state[name] { try target.assign(Tensor(stored)) } }
  }
}

extension Linear {
  /// What a weight, float64, may at most be multiplied by to keep this head's budget; at most 1.
  fileprivate func factorWithinBudget(_ weight: Tensor) throws -> Double {
    guard let budget = constraint?.budget else { return 1 }
    // Rounding to the head's own type must not lead above the budget again.
    return min(1, budget * (1 - 1e-5) / max(try weight.singularValues().max().item(), .leastNormalMagnitude))
  }
}
