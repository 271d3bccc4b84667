import OrderedCollections
import ResidualNets
import TensorFiles

/// The tensors that each module of a network had before its first lesson.
struct StartingPoint {
  /// By file and by path.
  private var tensors: OrderedDictionary<String, OrderedDictionary<String, HostTensor>> = [:]

  init() {}

  /// Puts every module back to where it began; one that was not there before begins here.
  /// - Throws: `StateError` for modules other than those that began.
  mutating func restore(_ models: TaskModels) throws {
    for (file, module) in models.modules {
      if let start = tensors[file] { try module.load(start) } else { tensors[file] = try module.state() }
    }
  }

  // MARK: State

  private static let prefix = "start"

  var state: OrderedDictionary<String, HostTensor> {
    var state: OrderedDictionary<String, HostTensor> = [:]
    for (file, module) in tensors {
      for (path, tensor) in module { state["\(Self.prefix)/\(file)/\(path)"] = tensor }
    }
    return state
  }

  /// - Throws: `StateError` for a tensor that belongs to no starting point.
  init(_ state: OrderedDictionary<String, HostTensor>) throws {
    for (key, tensor) in state {
      let parts = key.split(separator: "/", maxSplits: 2).map(String.init)
      guard parts.count == 3, parts[0] == Self.prefix else {
        throw StateError(reason: "'\(key)' belongs to no state of this strategy")
      }
      tensors[parts[1], default: [:]][parts[2]] = tensor
    }
  }
}
