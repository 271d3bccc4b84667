import OrderedCollections
import ResidualNets
import TensorFiles
import TorchCore

/// The networks of a run: one trunk, and a part for each task that has begun.
final class TaskModels {
  let trunk: any Trunk
  private(set) var parts: [TaskPart] = []
  /// A head that is no task's own: the trunk's in a pre-training lesson, or that of an online stream.
  private(set) var commonHead: Linear?
  private let device: Device

  init(trunk: any Trunk, device: Device) throws {
    self.trunk = trunk
    self.device = device
    try trunk.mapTensors { try $0.to(device) }
  }

  func append(_ part: TaskPart) throws {
    try part.mapTensors { try $0.to(device) }
    parts.append(part)
  }

  /// Replaces a task's part.
  func replace(_ task: Int, with part: TaskPart) throws {
    try part.mapTensors { try $0.to(device) }
    parts[task] = part
  }

  func useCommonHead(_ head: Linear) throws {
    try head.mapTensors { try $0.to(device) }
    commonHead = head
  }

  func dropCommonHead() { commonHead = nil }

  /// The network that answers for a task now.
  func network(for task: Int) -> TaskNetwork {
    TaskNetwork(trunk: trunk, adapter: parts[task].adapter, head: parts[task].head)
  }

  // MARK: Files

  /// Every module that a checkpoint stores, by file name without extension.
  var modules: OrderedDictionary<String, any Module> {
    var modules: OrderedDictionary<String, any Module> = [Self.trunkFile: trunk]
    for (task, part) in parts.enumerated() { modules[Self.partFile(task)] = part }
    if let commonHead { modules[Self.commonHeadFile] = commonHead }
    return modules
  }

  /// What a checkpoint stores: tensors by file.
  func files() throws -> OrderedDictionary<String, OrderedDictionary<String, HostTensor>> {
    try modules.mapValues { try $0.state() }
  }

  /// The first parameter or buffer that holds a NaN or an infinity, by `file/tensor`.
  func firstNonFinite() throws -> String? {
    for (file, module) in modules {
      let members = Members(of: module)
      let tensors = members.parameters.mapValues(\.value).merging(members.buffers.mapValues(\.value)) { $1 }
      for (name, tensor) in tensors where try !tensor.isFinite().allTrue() { return "\(file)/\(name)" }
    }
    return nil
  }

  static let trunkFile = "trunk"
  static let commonHeadFile = "common-head"

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

/// Numbers in file names, so that they sort.
func paddedNumber(_ number: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
}
