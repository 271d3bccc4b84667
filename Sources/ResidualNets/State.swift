import OrderedCollections
import TensorFiles
import TorchCore

/// A state that does not fit the module it is loaded into.
public struct StateError: Error, Sendable, Hashable, CustomStringConvertible {
  public let reason: String
  public var description: String { reason }

  public init(reason: String) { self.reason = reason }
}

extension Module {
  /// Parameters and buffers by path, on the host: what a checkpoint stores.
  public func state() throws -> OrderedDictionary<String, HostTensor> {
    let members = Members(of: self)
    var state: OrderedDictionary<String, HostTensor> = [:]
    for (path, parameter) in members.parameters { state[path] = try parameter.value.detached().host() }
    for (path, buffer) in members.buffers { state[path] = try buffer.value.host() }
    return state
  }

  /// Loads a state in place. PyTorch's `num_batches_tracked` counters are ignored: nothing here reads them.
  /// - Throws: `StateError` that names the first missing, left-over or ill-shaped tensor; nothing is loaded then.
  public func load(_ state: OrderedDictionary<String, HostTensor>) throws {
    let members = Members(of: self)
    var targets: OrderedDictionary<String, Tensor> = members.parameters.mapValues(\.value)
    for (path, buffer) in members.buffers { targets[path] = buffer.value }

    for (path, target) in targets {
      guard let source = state[path] else { throw StateError(reason: "tensor '\(path)' is missing") }
      guard source.shape == target.shape else {
        throw StateError(reason: "tensor '\(path)' has shape \(source.shape), the network needs \(target.shape)")
      }
      guard DType(source.elementType).isFloatingPoint else {
        throw StateError(reason: "tensor '\(path)' holds \(source.elementType), the network needs real numbers")
      }
    }
    for path in state.keys where targets[path] == nil && !path.hasSuffix("num_batches_tracked") {
      throw StateError(reason: "tensor '\(path)' belongs to no part of the network")
    }
    for (path, target) in targets {
      if let source = state[path] { try target.assign(Tensor(source)) }
    }
  }
}
