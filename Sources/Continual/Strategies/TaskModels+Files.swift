import OrderedCollections
import ResidualNets
import TensorFiles
import TorchCore

extension TaskModels {
  /// Every module in memory that a checkpoint stores, by file name without extension.
  var modules: OrderedDictionary<String, any Module> {
    var modules: OrderedDictionary<String, any Module> = [Self.trunkFile: trunk]
    for (task, part) in parts.held { modules[Self.partFile(task)] = part }
    if let head = pretrainingHead ?? commonHead { modules[Self.commonHeadFile] = head }
    if let expansion { modules[Self.expansionFile] = expansion }
    return modules
  }

  /// What a checkpoint stores of modules in memory: tensors by file.
  func files() throws -> OrderedDictionary<String, OrderedDictionary<String, HostTensor>> {
    try modules.mapValues { try $0.state() }
  }

  /// What a checkpoint stores of parts that lie in files, by file name without extension.
  var storedParts: OrderedDictionary<String, StoredPart> {
    OrderedDictionary(
      uniqueKeysWithValues: parts.indices.compactMap { task in parts.stored(task).map { (Self.partFile(task), $0) } })
  }

  /// SHA-256 of every tensor, under `file/tensor`.
  /// - Parameter readsFiles: whether parts that lie in files are read again, or taken to be what they were when they were
  ///   stored: whoever reads one compares it with that.
  func digests(reading readsFiles: Bool) throws -> OrderedDictionary<String, String> {
    var digests = TensorDigest.digests(try files())
    for (file, part) in storedParts {
      for (name, digest) in try readsFiles ? TensorDigest.digests(part.tensors()) : part.digests {
        digests["\(file)/\(name)"] = digest
      }
    }
    return digests
  }

  /// Whether there is a head that is no task's own.
  var hasCommonHead: Bool { pretrainingHead != nil || commonHead != nil }

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
  /// Of the head of all tasks, or of the trunk's own in a pre-training lesson.
  static let commonHeadFile = "common-head"

  static let expansionFile = "expansion"

  /// For each of some tasks the digests of all that its network is made of, as one text.
  /// - Parameter digests: under `file/tensor`.
  static func networkDigests(_ digests: OrderedDictionary<String, String>, tasks: ClosedRange<Int>) -> [String] {
    var byFile: [Substring: String] = [:]
    for (tensor, digest) in digests { byFile[tensor.prefix { $0 != "/" }, default: ""] += digest }
    let shared = [trunkFile, expansionFile].compactMap { byFile[$0[...]] }.joined()
    return tasks.map { shared + (byFile[partFile($0)[...]] ?? "") }
  }

  static let partPrefix = "task-"

  static func partFile(_ task: Int) -> String { partPrefix + (task + 1).padded(to: 3) }
}
