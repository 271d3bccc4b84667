import Foundation
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// The networks of a run: one trunk, and a part for each task that has begun.
final class TaskModels {
  let trunk: any Trunk
  let layout: OutputLayout
  private(set) var parts = TaskParts()
  /// The head of all tasks, where they share one. Each part's head is a copy of the rows of its task's classes then.
  private(set) var commonHead: Linear?
  /// What stands between the features and every task's head, where anything does.
  private(set) var expansion: FeatureExpansion?
  /// The trunk's own head, in a pre-training lesson.
  private(set) var pretrainingHead: Linear?
  /// Of the first tasks, as many as were last asked for.
  private var pooled = PooledStatistics()
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
    if parts.isEmpty, !layout.hasOwnHeads {
      commonHead = try head(layout.count, features: headInputs, stream.stream("common"))
    }
    parts.append(try makePart(classCount, trunk: trunk, adapter: adapter, stream: stream))
  }

  /// A part that no task has yet.
  func makePart(
    _ classCount: Int, trunk: (any Trunk)? = nil, adapter: Adapter? = nil, stream: RandomStream
  ) throws -> TaskPart {
    let part = TaskPart(trunk: trunk, adapter: adapter, head: try head(classCount, features: headInputs, stream))
    try part.mapTensors { try $0.to(device) }
    return part
  }

  /// Replaces a task's part.
  func replace(_ task: Int, with part: TaskPart) throws {
    try part.mapTensors { try $0.to(device) }
    parts.replace(task, with: part)
  }

  /// Lets go of a task's part, which no later lesson touches: from now on it is read from its file when it is needed.
  /// - Parameter room: a part with room for the tensors.
  func store(_ task: Int, in file: URL, room: @escaping () throws -> TaskPart) throws {
    let part = try parts[task]
    parts.replace(
      task,
      with: StoredPart(
        path: file.path, digests: TensorDigest.digests(try part.state()), parameterCount: part.parameterCount,
        room: room))
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

  /// Gives a task's part room for the statistics of its features.
  func addStatistics(to part: TaskPart, classes: Int) throws {
    let statistics = try FeatureStatistics(classes: classes, features: trunk.featureCount)
    try statistics.mapTensors { try $0.to(device) }
    part.use(statistics)
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
      for (task, part) in parts.held {
        let rows = try Tensor(indices: layout.outputs[task]).to(device)
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
      return .own(try (0...index).map { (try parts[$0].head, layout.outputs[$0].first ?? 0) })
    }
    throw RunError.unusable(reason: "\(lesson.name) has no head yet")
  }

  /// How many outputs of the common head take part in a lesson: those of the tasks seen so far, or all where nobody
  /// says which task it is.
  private func activeOutputs(_ task: Int) -> Int { layout.announcesTasks ? layout.seen(task) : layout.count }

  /// The network that answers for a task now.
  /// - Throws: as ``TaskParts``, of a part that has to be read.
  func network(for task: Int) throws -> TaskNetwork {
    let part = try parts[task]
    return TaskNetwork(
      trunk: part.trunk ?? trunk, adapter: part.adapter, expansion: expansion, head: part.head)
  }

  /// The statistics of tasks 0…task, by which they are told apart. Asked for in order, each task's part is read once.
  func statistics(through task: Int) throws -> PooledStatistics {
    if pooled.means.count > task + 1 { pooled = PooledStatistics() }
    for next in pooled.means.count..<task + 1 {
      guard let statistics = try parts[next].statistics else {
        throw RunError.unusable(reason: "task \(next + 1) has no statistics of its features")
      }
      try pooled.add(statistics)
    }
    return pooled
  }

  /// What is shared, and what each task adds. Where tasks have trunks of their own, nothing is shared: that of the run
  /// is the first task's.
  var parameterCounts: ParameterCounts {
    var perTask = parts.parameterCounts
    if parts.held.contains(where: { $0.part.trunk != nil }), !perTask.isEmpty {
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
    let adapters = parts.held.map(\.part.adapter)
    return adapters.first?.flatMap { first in adapters.dropFirst().contains { $0 === first } ? first : nil }
  }
}
