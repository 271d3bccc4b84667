import OrderedCollections
import RandomStreams
import ResidualNets
import TensorFiles
import TorchCore

/// The networks of a run: one trunk, and a part for each task that has begun.
final class TaskModels {
  let trunk: any Trunk
  var parts: [TaskPart] = []

  init(trunk: any Trunk) { self.trunk = trunk }

  /// The network that answers for a task now.
  func network(for task: Int) -> TaskNetwork {
    TaskNetwork(trunk: trunk, adapter: parts[task].adapter, head: parts[task].head)
  }

  /// What a checkpoint stores: tensors by file name without extension.
  func files() throws -> OrderedDictionary<String, OrderedDictionary<String, HostTensor>> {
    var files: OrderedDictionary = [Self.trunkFile: try trunk.state()]
    for (task, part) in parts.enumerated() { files[Self.partFile(task)] = try part.state() }
    return files
  }

  static let trunkFile = "trunk"

  static func partFile(_ task: Int) -> String { "task-" + paddedNumber(task + 1) }
}

/// What belongs to one task alone.
final class TaskPart: Module {
  let adapter: Adapter?
  let head: Linear

  init(adapter: Adapter?, head: Linear) {
    self.adapter = adapter
    self.head = head
  }

  func visit(_ members: inout Members) {
    members.child("adapter", adapter)
    members.child("head", head)
  }
}

/// Task numbers in file names, so that they sort.
func paddedNumber(_ number: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
}
