import OrderedCollections
import ResidualNets
import TensorFiles

extension OrderedDictionary<String, HostTensor> {
  /// - Throws: `StateError` naming a tensor of a strategy's state that nothing has taken.
  func requireNothingLeft() throws {
    if let key = keys.first { throw StateError(reason: "'\(key)' belongs to no state of this strategy") }
  }
}
