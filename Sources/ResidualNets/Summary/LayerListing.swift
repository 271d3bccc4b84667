/// Lists the layers of a network with their shapes.
struct LayerListing {
  private(set) var rows: [LayerSummary] = []
  /// Parameters that no row has yet, by the name of their layer.
  private(set) var remaining: [String: Int]
  /// The names of the deployed network, in which some norms are no longer layers; nil where nothing folds.
  private let deployedNames: Set<String>?

  init(parameters: [String: Int], deployedNames: Set<String>?) {
    remaining = parameters
    self.deployedNames = deployedNames
  }

  /// Adds stages one after another.
  /// - Returns: How many layers with weights lie one behind another on the longest path.
  /// - Throws: ``ShapeError``.
  mutating func add(
    _ stages: [Stage], shape: inout SampleShape, level: Int = 0, path: LayerSummary.Path? = nil
  ) throws -> Int {
    var depth = 0
    for stage in stages { depth += try add(stage, shape: &shape, level: level, path: path) }
    return depth
  }

  /// Adds what no layer has learned under its own name, so that nothing is missing from the sum.
  mutating func addRemaining() {
    for (name, count) in remaining.sorted(by: { $0.key < $1.key }) {
      rows.append(
        LayerSummary(
          name: name, kind: "parameters", level: 0, path: nil, outputShape: [], parameters: count, multiplyAdds: 0,
          isBlock: false, makesTensor: false))
    }
    remaining = [:]
  }

  private mutating func add(
    _ stage: Stage, shape: inout SampleShape, level: Int, path: LayerSummary.Path?
  ) throws -> Int {
    let input = shape
    shape = try stage.outputShape(of: input)
    switch stage.operation {
    case .residual(let shortcut, let branch, let scale):
      let factor = scale == 1 ? "" : ", branch × \(scale)"
      addBlock(stage, suffix: factor, shape, level, path)
      return max(
        try inner(shortcut, input, level, .shortcut).depth, try inner(branch, input, level, .branch).depth)
    case .highway(let shortcut, let gate, let branch):
      addBlock(stage, suffix: "", shape, level, path)
      let carried = try inner(shortcut, input, level, .shortcut)
      let gated = try inner(gate, carried.shape, level, .gate).depth
      return max(carried.depth + gated, try inner(branch, input, level, .branch).depth)
    case .implicit(let branch, let step):
      addBlock(stage, suffix: " of step \(step)", shape, level, path)
      return try inner(branch, input, level, .branch).depth
    default:
      let multiplyAdds = stage.operation.multiplyAdds(output: shape)
      rows.append(
        LayerSummary(
          name: stage.name, kind: kind(stage), level: level, path: path, outputShape: shape.lengths,
          parameters: remaining.removeValue(forKey: stage.name) ?? 0, multiplyAdds: multiplyAdds ?? 0, isBlock: false,
          makesTensor: !stage.operation.isView))
      return multiplyAdds == nil ? 0 : 1
    }
  }

  private mutating func inner(
    _ stages: [Stage], _ input: SampleShape, _ level: Int, _ path: LayerSummary.Path
  ) throws -> (depth: Int, shape: SampleShape) {
    var shape = input
    let depth = try add(stages, shape: &shape, level: level + 1, path: path)
    return (depth, shape)
  }

  private mutating func addBlock(
    _ stage: Stage, suffix: String, _ shape: SampleShape, _ level: Int, _ path: LayerSummary.Path?
  ) {
    rows.append(
      LayerSummary(
        name: stage.name, kind: stage.operation.kind + suffix, level: level, path: path, outputShape: shape.lengths,
        parameters: 0, multiplyAdds: 0, isBlock: true, makesTensor: true))
  }

  private func kind(_ stage: Stage) -> String {
    guard let deployedNames, case .affine = stage.operation else { return stage.operation.kind }
    return "batch norm "
      + (deployedNames.contains(stage.name) ? "(its shift stays when deployed)" : "(folded when deployed)")
  }
}

extension Operation {
  fileprivate var isView: Bool {
    switch self {
    case .flatten, .patches: true
    default: false
    }
  }
}

extension [Stage] {
  /// The names of all stages, those within blocks included.
  var names: Set<String> {
    reduce(into: []) { names, stage in
      names.insert(stage.name)
      switch stage.operation {
      case .residual(let shortcut, let branch, _): names.formUnion((shortcut + branch).names)
      case .highway(let shortcut, let gate, let branch): names.formUnion((shortcut + gate + branch).names)
      case .implicit(let branch, _): names.formUnion(branch.names)
      default: break
      }
    }
  }
}
