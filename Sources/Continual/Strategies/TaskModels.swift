import OrderedCollections
import RandomStreams
import ResidualNets
import Results
import TensorFiles
import TorchCore

/// The networks of a run: one trunk, and a part for each task that has begun.
final class TaskModels {
  let trunk: any Trunk
  let layout: OutputLayout
  private(set) var parts: [TaskPart] = []
  /// The head of all tasks, where they share one. Each part's head is a copy of the rows of its task's classes then.
  private(set) var commonHead: Linear?
  /// What stands between the features and every task's head, where anything does.
  private(set) var expansion: FeatureExpansion?
  /// The trunk's own head, in a pre-training lesson.
  private var pretrainingHead: Linear?
  let device: Device

  init(trunk: any Trunk, layout: OutputLayout, device: Device) throws {
    self.trunk = trunk
    self.layout = layout
    self.device = device
    try trunk.mapTensors { try $0.to(device) }
  }

  // MARK: Growth

  /// A new task's part, and before the first one the head that all share.
  /// - Parameter trunk: the task's own, where it does not share that of the run.
  func appendTask(
    _ classCount: Int, trunk: (any Trunk)? = nil, adapter: Adapter? = nil, stream: RandomStream
  ) throws {
    let features = expansion?.outputs ?? self.trunk.featureCount
    if parts.isEmpty, !layout.hasOwnHeads {
      commonHead = try head(layout.count, features: features, stream.stream("common"))
    }
    let part = TaskPart(trunk: trunk, adapter: adapter, head: try head(classCount, features: features, stream))
    try part.mapTensors { try $0.to(device) }
    parts.append(part)
  }

  /// Replaces a task's part.
  func replace(_ task: Int, with part: TaskPart) throws {
    try part.mapTensors { try $0.to(device) }
    parts[task] = part
  }

  /// A head that the trunk learns with and that no task keeps.
  func usePretrainingHead(_ classCount: Int, _ stream: RandomStream) throws -> Linear {
    let head = try head(classCount, features: trunk.featureCount, stream)
    pretrainingHead = head
    return head
  }

  /// Puts an expansion of the features before every head; before the first task.
  func useExpansion(_ features: Int, stream: RandomStream) throws {
    let expansion = try FeatureExpansion(inputs: trunk.featureCount, outputs: features, stream: stream)
    try expansion.mapTensors { try $0.to(device) }
    self.expansion = expansion
  }

  /// Gives a task room for the statistics of its features.
  func addStatistics(of task: Int, classes: Int) throws {
    let statistics = try FeatureStatistics(classes: classes, features: trunk.featureCount)
    try statistics.mapTensors { try $0.to(device) }
    parts[task].use(statistics)
  }

  func dropPretrainingHead() { pretrainingHead = nil }

  /// The trunk has learned: it is frozen, and what it learned with is dropped.
  func settleTrunk() throws {
    try trunk.freeze()
    dropPretrainingHead()
  }

  private func head(_ classCount: Int, features: Int, _ stream: RandomStream) throws -> Linear {
    let head = try trunk.description.makeHead(
      features: features, classCount: classCount, stream: stream.stream("head"))
    try head.mapTensors { try $0.to(device) }
    return head
  }

  /// Copies each task's rows of the common head into its own head: what evaluation asks.
  func settleHeads() throws {
    guard let commonHead else { return }
    try withoutGradients {
      let weight = try commonHead.effectiveWeight(.evaluation)
      for (part, outputs) in zip(parts, layout.outputs) {
        let rows = try Tensor(indices: outputs).to(device)
        try part.head.weight.value.assign(weight.selecting(0, rows))
        try part.head.bias.value.assign(commonHead.bias.value.selecting(0, rows))
      }
    }
  }

  // MARK: Reading

  /// The heads that take part in a lesson: those of the tasks so far.
  /// - Throws: `RunError.unusable` before the lesson has begun.
  func heads(for lesson: Lesson) throws -> Heads {
    switch lesson {
    case .pretraining(let classCount):
      guard let pretrainingHead else { break }
      return .common(pretrainingHead, active: classCount)
    case .task(let index, _):
      if let commonHead { return .common(commonHead, active: activeOutputs(index)) }
      guard index < parts.count else { break }
      return .own((0...index).map { (parts[$0].head, layout.outputs[$0].first ?? 0) })
    }
    throw RunError.unusable(reason: "\(lesson.name) has no head yet")
  }

  /// How many outputs of the common head take part in a lesson: those of the tasks seen so far, or all where nobody
  /// says which task it is.
  private func activeOutputs(_ task: Int) -> Int { layout.announcesTasks ? layout.seen(task) : layout.count }

  /// The network that answers for a task now.
  func network(for task: Int) -> TaskNetwork {
    let part = parts[task]
    return TaskNetwork(
      trunk: part.trunk ?? trunk, adapter: part.adapter, expansion: expansion, head: part.head)
  }

  /// What is shared, and what each task adds. Where tasks have trunks of their own, nothing is shared: that of the run
  /// is the first task's.
  var parameterCounts: ParameterCounts {
    var perTask = parts.map(\.parameterCount)
    if parts.contains(where: { $0.trunk != nil }), !perTask.isEmpty {
      perTask[0] += trunk.parameterCount
      return ParameterCounts(trunk: 0, perTask: perTask)
    }
    if commonHead != nil { for task in parts.indices { perTask[task] -= sharedOutputs(task) * (headInputs + 1) } }
    let shared = sharedAdapter?.parameterCount ?? 0
    let spatial = trunk.spatialWeightCount
    return ParameterCounts(
      trunk: trunk.parameterCount + shared, perTask: perTask.map { $0 - shared }, spatial: spatial > 0 ? spatial : nil)
  }

  /// How many of a task's outputs earlier tasks have too, of a head that all share.
  private func sharedOutputs(_ task: Int) -> Int {
    let earlier = Set(layout.outputs[..<task].joined())
    return layout.outputs[task].count { earlier.contains($0) }
  }

  private var headInputs: Int { expansion?.outputs ?? trunk.featureCount }

  /// The adapter that tasks share, where they do.
  private var sharedAdapter: Adapter? {
    parts.first?.adapter.flatMap { first in parts.dropFirst().contains { $0.adapter === first } ? first : nil }
  }

  // MARK: Files

  /// Every module that a checkpoint stores, by file name without extension.
  var modules: OrderedDictionary<String, any Module> {
    var modules: OrderedDictionary<String, any Module> = [Self.trunkFile: trunk]
    for (task, part) in parts.enumerated() { modules[Self.partFile(task)] = part }
    if let head = pretrainingHead ?? commonHead { modules[Self.commonHeadFile] = head }
    if let expansion { modules[Self.expansionFile] = expansion }
    return modules
  }

  /// What a checkpoint stores: tensors by file.
  func files() throws -> OrderedDictionary<String, OrderedDictionary<String, HostTensor>> {
    try modules.mapValues { try $0.state() }
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

  /// What the network of a task is made of, by file.
  static func networkFiles(_ task: Int) -> [String] { [trunkFile, expansionFile, partFile(task)] }

  static func partFile(_ task: Int) -> String { "task-" + (task + 1).padded(to: 3) }
}
