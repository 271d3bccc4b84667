import OrderedCollections

/// How parameters follow their gradients.
public struct OptimizerDescription: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    case sgd, adam, adamw
  }

  public var kind: Kind
  public var learningRate: Double
  /// Of SGD.
  public var momentum: Double
  public var nesterov: Bool
  public var weightDecay: Double

  public init(
    kind: Kind = .sgd, learningRate: Double = 0.1, momentum: Double = 0.9, nesterov: Bool = false,
    weightDecay: Double = 5e-4
  ) {
    self.kind = kind
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
  }

  /// An optimizer over what is trainable; frozen parameters are not in it at all, so neither momentum nor weight decay
  /// can move them.
  public func makeOptimizer(for parameters: OrderedDictionary<String, Parameter>) throws -> any Optimizer {
    let trainable = parameters.filter { !$0.value.isFrozen }
    return switch kind {
    case .sgd:
      try SGD(trainable, momentum: momentum, nesterov: nesterov, weightDecay: weightDecay)
    case .adam: try Adam(trainable, weightDecay: weightDecay, decoupled: false)
    case .adamw: try Adam(trainable, weightDecay: weightDecay, decoupled: true)
    }
  }
}
