import OrderedCollections
import TensorFiles
import TorchCore

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

/// Moves its parameters in place, and has a state of its own to be saved.
public protocol Optimizer: AnyObject {
  var parameters: OrderedDictionary<String, Parameter> { get }

  /// One step; a parameter without a gradient (nil) is treated as having none and must not occur among the trained.
  func step(gradients: [Tensor], rate: Double) throws

  func state() throws -> OrderedDictionary<String, HostTensor>
  func load(_ state: OrderedDictionary<String, HostTensor>) throws
}

extension Optimizer {
  /// Differentiates a scalar loss with respect to the optimizer's parameters and takes one step.
  public func minimize(_ loss: Tensor, rate: Double) throws {
    let values = parameters.values.map(\.value)
    let slopes = try gradients(of: loss, withRespectTo: values)
    let complete = try zip(slopes, values).map { try $0 ?? $1.zerosLike() }
    try step(gradients: complete, rate: rate)
  }

  /// The slots of a named quantity, such as momenta, by parameter path.
  func slots(_ name: String, _ tensors: [Tensor]) throws -> OrderedDictionary<String, HostTensor> {
    try OrderedDictionary(
      uniqueKeysWithValues: zip(parameters.keys, tensors).map { ("\(name).\($0)", try $1.host()) })
  }

  /// Loads the slots and gives the step count; nothing is loaded unless all of the state fits.
  func loadSlots(
    _ slots: [(name: String, tensors: [Tensor])], from state: OrderedDictionary<String, HostTensor>
  ) throws -> Int {
    let steps = try StepCount.read(state)
    var pairs: [(target: Tensor, source: HostTensor)] = []
    for (name, tensors) in slots {
      for (path, tensor) in zip(parameters.keys, tensors) {
        let key = "\(name).\(path)"
        guard let stored = state[key] else { throw StateError(reason: "the optimizer's '\(key)' is missing") }
        guard stored.shape == tensor.shape, DType(stored.elementType).isFloatingPoint else {
          throw StateError(
            reason: "the optimizer's '\(key)' is \(stored.elementType) of shape \(stored.shape), not \(tensor.shape)")
        }
        pairs.append((tensor, stored))
      }
    }
    guard state.count == pairs.count + 1 else {
      let known = Set(slots.flatMap { slot in slot.tensors.indices.map { "\(slot.name).\(parameters.keys[$0])" } })
      let extra = state.keys.first { $0 != StepCount.key && !known.contains($0) } ?? ""
      throw StateError(reason: "the optimizer has no '\(extra)'")
    }
    for (target, source) in pairs { try target.assign(Tensor(source)) }
    return steps
  }
}

/// How many steps an optimizer has taken, as a tensor in its state.
enum StepCount {
  static let key = "step"
  /// More than any training takes, and far from overflow.
  private static let mostSteps: Int64 = 1 << 48

  static func stored(_ count: Int) throws -> HostTensor { try HostTensor([Int64(count)], shape: []) }

  static func read(_ state: OrderedDictionary<String, HostTensor>) throws -> Int {
    guard let tensor = state[key], tensor.shape.isEmpty, let value = try? tensor.values(as: Int64.self).first,
      (0...mostSteps).contains(value)
    else {
      throw StateError(reason: "the optimizer's step count '\(key)' is missing, or no number of steps")
    }
    return Int(value)
  }
}
