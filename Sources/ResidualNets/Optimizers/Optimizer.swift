import OrderedCollections
import TensorFiles
import TorchCore

/// Moves its parameters in place, and has a state of its own to be saved.
public protocol Optimizer: AnyObject {
  /// What it moves, by path.
  var parameters: OrderedDictionary<String, Parameter> { get }

  /// One step.
  /// - Parameters:
  ///   - gradients: one for each of ``parameters``, in order and of its shape; a parameter that the loss does not depend
  ///     on has zeros, and moves by momentum and weight decay alone.
  ///   - rate: the learning rate of this step.
  /// - Throws: `TorchError` where a gradient does not fit its parameter.
  func step(gradients: [Tensor], rate: Double) throws

  /// Everything that the next step depends on besides parameters and gradients, such as momenta, by name and path.
  func state() throws -> OrderedDictionary<String, HostTensor>
  /// Continues from a saved state.
  /// - Throws: `StateError` naming what is missing, ill-shaped or too much; nothing is loaded then.
  func load(_ state: OrderedDictionary<String, HostTensor>) throws
}

extension Optimizer {
  /// Differentiates a scalar loss with respect to the optimizer's parameters and takes one step.
  public func minimize(_ loss: Tensor, rate: Double) throws { try step(gradients: gradients(of: loss), rate: rate) }

  /// The gradients of a scalar loss, one for each of ``parameters``, in order; zeros where it does not depend on one.
  public func gradients(of loss: Tensor) throws -> [Tensor] {
    let values = parameters.values.map(\.value)
    return try zip(TorchCore.gradients(of: loss, withRespectTo: values), values).map { try $0 ?? $1.zerosLike() }
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
