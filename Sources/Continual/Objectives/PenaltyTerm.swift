import RandomStreams
import TorchCore

/// What is added to the loss of a batch, its weight included.
protocol PenaltyTerm: Sendable {
  /// Whether it asks for gradients with respect to the inputs.
  var differentiatesInputs: Bool { get }

  /// A scalar with a graph.
  func value(_ pass: ForwardPass) throws -> Tensor
}

extension PenaltyTerm {
  var differentiatesInputs: Bool { false }
}

/// One pass forward in training mode: what penalties are read off.
struct ForwardPass {
  let learning: any Learning
  /// A leaf where a penalty differentiates with respect to it.
  let inputs: Tensor
  let answers: Answers
  /// The mean cross-entropy of the answers.
  let loss: Tensor
  /// For what a penalty draws.
  let stream: RandomStream
}
