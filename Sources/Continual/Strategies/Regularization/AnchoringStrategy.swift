import OrderedCollections
import RandomStreams
import ResidualNets
import TensorFiles
import TorchCore

/// A strategy that holds on to weights: it minimises L(θ) + factor · Σ Ω (θ − θ*)², where Ω says how much the tasks so
/// far need a weight and θ* is its value when the last of them was learned.
///
/// What is held is what tasks share: the trunk, and the head where there is one for all. A head of a task's own is
/// frozen when the task is learned. Running statistics of batch norms are no parameters and are not held: they go on
/// following the images of the newest task, whatever the factor. Pre-training is no task: nothing is held for its sake.
protocol AnchoringStrategy: WholeNetworkStrategy {
  /// What the sum is multiplied by.
  var factor: Double { get }
  var anchor: QuadraticAnchor { get set }
  /// What tasks share, under the keys of the assignment; known from `begin` on.
  var shared: OrderedDictionary<String, Parameter> { get set }
}

extension AnchoringStrategy {
  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment {
    let assignment = try wholeNetwork(lesson, models, stream: stream)
    let held = trainableParameters(
      of: [("trunk", models.trunk)] + (models.commonHead.map { [("head", $0)] } ?? []))
    shared = assignment.parameters.filter { held[$0.key] != nil }
    return assignment
  }

  func loss(_ step: LearningStep) throws -> Tensor {
    let loss = try step.loss()
    return try anchor.penalty(shared).map { try loss + step.ownPart.summand(ofMean: $0 * factor) } ?? loss
  }

  func state() throws -> OrderedDictionary<String, HostTensor> {
    var state: OrderedDictionary<String, HostTensor> = [:]
    try anchor.store(in: &state)
    return state
  }

  func load(_ state: OrderedDictionary<String, HostTensor>) throws {
    var state = state
    let anchor = try QuadraticAnchor(from: &state, for: shared)
    try state.requireNothingLeft()
    self.anchor = anchor
  }
}
