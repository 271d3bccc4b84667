import Steadfast

/// A network's layers and sums, and of a run what each of its tasks adds.
struct NetworkFindings: CommandResult {
  private let summary: NetworkSummary
  /// Whether it has learned nothing yet, and so sees pixels as they are.
  private let isUntrained: Bool
  private var tasks: [Task] = []

  /// A network that shares the layers listed.
  private struct Task: Encodable {
    /// Nil where there is but one.
    let name: String?
    let classCount: Int
    let adapter: Int?
    let head: Int
    /// From pixels to logits; nil where there is no bound.
    let lipschitzUpper: Double?
    /// Why there is none.
    let unbounded: String?
  }

  init(_ summary: NetworkSummary, isUntrained: Bool = false) {
    self.summary = summary
    self.isUntrained = isUntrained
  }

  /// Adds a network with its Lipschitz bound, where it has one.
  /// - Parameter isBounded: whether the bound is asked for.
  @TorchActor
  mutating func add(_ network: DeployedNetwork, name: String?, _ parts: TaskNetwork?, isBounded: Bool) throws {
    var upper: Double?
    var reason: String?
    do {
      if isBounded { upper = try network.lipschitzBound().upper }
    } catch let error as LipschitzError {
      reason = "\(error)"
    }
    tasks.append(
      Task(
        name: name, classCount: network.classCount, adapter: parts?.adapter?.parameterCount,
        head: parts?.head.parameterCount ?? summary.parameters.head, lipschitzUpper: upper, unbounded: reason))
  }

  // MARK: For programs

  private struct Row: Encodable {
    let name: String
    let kind: String
    let level: Int
    let path: LayerSummary.Path?
    let outputShape: [Int]
    let parameters: Int
    let multiplyAdds: Int
  }

  private enum CodingKeys: CodingKey {
    case schema, network, untrained, inputShape, classCount, depth, blocks, layers, parameters, multiplyAdds,
      activationBytes, tasks
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode("steadfast.network-summary/1", forKey: .schema)
    try container.encode(summary.network, forKey: .network)
    try container.encode(isUntrained, forKey: .untrained)
    try container.encode(summary.inputShape, forKey: .inputShape)
    try container.encode(summary.classCount, forKey: .classCount)
    try container.encode(summary.depth, forKey: .depth)
    try container.encode(summary.blockCount, forKey: .blocks)
    let rows = summary.layers.map {
      Row(
        name: $0.name, kind: $0.kind, level: $0.level, path: $0.path, outputShape: $0.outputShape,
        parameters: $0.parameters, multiplyAdds: $0.multiplyAdds)
    }
    try container.encode(rows, forKey: .layers)
    try container.encode(summary.parameters, forKey: .parameters)
    try container.encode(summary.multiplyAdds, forKey: .multiplyAdds)
    try container.encode(activationBytes, forKey: .activationBytes)
    try container.encode(tasks, forKey: .tasks)
  }

  /// As single precision.
  private var activationBytes: Int { 4 * summary.activations }

  // MARK: For people

  var text: String {
    let shape = summary.inputShape.map(String.init).joined(separator: "×")
    let head = [
      summary.network,
      "images \(shape), \(summary.classCount) classes; depth \(summary.depth), \(summary.blockCount) blocks",
    ]
    return (head + ["", layers, "", sums] + tasksText).joined(separator: "\n")
  }

  private var layers: String {
    var table = TextTable(["layer", "kind", "output", "parameters", "multiply-adds"], words: 3)
    for layer in summary.layers {
      let role = layer.path == .shortcut || layer.path == .gate ? ", \(layer.path?.rawValue ?? "")" : ""
      table.add([
        String(repeating: "  ", count: layer.level) + layer.name, layer.kind + role,
        layer.outputShape.map(String.init).joined(separator: "×"),
        layer.parameters == 0 ? "" : Numbers.grouped(layer.parameters),
        layer.multiplyAdds == 0 ? "" : Numbers.grouped(layer.multiplyAdds),
      ])
    }
    return table.text
  }

  private var sums: String {
    let it = summary.parameters
    let adapter = it.adapter.map { "adapter of each task \(Numbers.grouped($0)), " } ?? ""
    return """
      parameters: trunk \(Numbers.grouped(it.trunk)), \(adapter)head \(Numbers.grouped(it.head)); \
      \(Numbers.grouped(it.total)) in all
      multiply-adds per image: \(Numbers.grouped(summary.multiplyAdds))
      activations per image: \(Numbers.grouped(activationBytes)) bytes in single precision
      """
  }

  private var tasksText: [String] {
    guard tasks.count > 1 else { return tasks.compactMap(bound).map { "Lipschitz: \($0)" } }
    var table = TextTable(["task", "classes", "adapter", "head"])
    for (number, task) in tasks.enumerated() {
      table.add([
        JudgedNetwork.title(task.name ?? "", task: number + 1), "\(task.classCount)",
        task.adapter.map(Numbers.grouped) ?? "–", Numbers.grouped(task.head),
      ])
    }
    let bounds = tasks.enumerated().compactMap { number, task in
      bound(task).map { "Lipschitz, \(number + 1): \($0)" }
    }
    return ["", table.text, ""] + bounds
  }

  /// Nil where it was not asked for.
  private func bound(_ task: Task) -> String? {
    if let reason = task.unbounded { return "no bound: \(reason)" }
    guard let upper = task.lipschitzUpper else { return nil }
    return (isUntrained ? "untrained, on pixels as they are: " : "")
      + "at most \(Numbers.significant(upper)) in L2 from pixels to logits"
  }
}
