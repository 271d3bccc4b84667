import OrderedCollections
import ResidualNets
import TensorFiles
import TorchCore

/// Tensors beside parameters: one for each parameter and of its shape, by the parameter's key; or none at all.
typealias ParameterTable = OrderedDictionary<String, Tensor>

extension OrderedDictionary<String, Parameter> {
  /// A table of zeros.
  func zeros() throws -> ParameterTable { try mapValues { try $0.value.detached().zerosLike() } }

  /// The values as they are now; they do not move with the parameters.
  func snapshot() throws -> ParameterTable { try mapValues { try $0.value.detached().clone() } }
}

extension OrderedDictionary<String, HostTensor> {
  /// Takes up a table, each entry under `name.KEY`.
  mutating func store(_ table: ParameterTable, as name: String) throws {
    for (key, tensor) in table { self["\(name).\(key)"] = try tensor.host() }
  }

  /// Takes out the table of that name; an empty one where the state holds none.
  /// - Throws: `StateError` unless the table has one tensor for each of `parameters`, of its shape.
  mutating func takeTable(_ name: String, for parameters: OrderedDictionary<String, Parameter>) throws
    -> ParameterTable
  {
    guard keys.contains(where: { $0.hasPrefix(name + ".") }) else { return [:] }
    var table: ParameterTable = [:]
    for (key, parameter) in parameters {
      let path = "\(name).\(key)"
      guard let stored = removeValue(forKey: path) else { throw StateError(reason: "tensor '\(path)' is missing") }
      guard stored.shape == parameter.value.shape, DType(stored.elementType).isFloatingPoint else {
        throw StateError(
          reason: "tensor '\(path)' is \(stored.elementType) of shape \(stored.shape), the parameter has "
            + "\(parameter.value.shape)")
      }
      table[key] = try Tensor(stored).to(parameter.value.device)
    }
    return table
  }
}
