extension NetworkDescription {
  /// - Throws: `DescriptionError` that says which value does not fit and what would.
  public func validate() throws {
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      guard condition else { throw DescriptionError(message()) }
    }
    try validateConvnet(require)
    try require((1...4096).contains(width), "width must be 1 to 4096, not \(width)")
    switch architecture {
    case .resnet:
      try require(
        depth >= 8 && (depth - 2) % 6 == 0 && depth <= 6002,
        "depth of a residual network must be 6n+2 (8, 14, 20, …, 6002), not \(depth)")
    case .resnet18, .resnet34, .resnet50:
      let own = Int(architecture.rawValue.dropFirst("resnet".count)) ?? 0
      try require(depth == own, "depth of \(architecture.rawValue) is \(own), not \(depth)")
      try require(width <= 1024, "width of \(architecture.rawValue) must be 1 to 1024, not \(width)")
    case .mlp:
      try require((1...10_000).contains(depth), "depth of an MLP counts blocks, 1 to 10000, not \(depth)")
      try require(norm == .none, "an MLP has no norm: set norm to none")
    case .perceptron:
      try require(
        (1...10_000).contains(depth), "depth of a perceptron counts its hidden layers, 1 to 10000, not \(depth)")
      try require(
        norm == .none && block == .plain,
        "a perceptron has no norm and no shortcuts: set norm to none and block to plain")
    case .convnet: break
    case .vit: try validateTransformer(require)
    }
    try require(
      norm != .layer || architecture == .vit,
      "layer norm belongs to the tokens of a transformer: set norm to batch, group or none, or architecture to vit")
    try validateBlock(require)
    try require(
      activation == .relu || architecture == .convnet || width.isMultiple(of: 2),
      "MaxMin takes channels in pairs: set width to an even number, not \(width)")
    try require(
      constraint == .spectral || branchBudget != nil,
      "constraint \(constraint.rawValue) keeps layers at a budget: set branchBudget, such as 1")
    try require(
      constraint == .spectral || initialization == .automatic || initialization == .he,
      "an almost orthogonal layer has the norm of its budget from any weight but zero: set initialization to he")
    if let branchBudget {
      try require(
        branchBudget > 0 && branchBudget.isFinite && headBudget > 0 && headBudget.isFinite,
        "norm budgets must be positive numbers")
      try require(
        norm == .none,
        "a branch budget bounds the layers, and a norm behind them would undo it: set norm to none")
    }
  }

  private func validateBlock(_ require: (Bool, @autoclosure () -> String) throws -> Void) throws {
    let it = dynamics
    try require(it.step.isFinite && it.step > 0, "dynamics.step must be a positive number, not \(it.step)")
    try require(
      it.alpha.isFinite && (0...1).contains(it.beta),
      "dynamics.alpha must be a number and dynamics.beta from 0 to 1, not \(it.alpha) and \(it.beta)")
    try require(it.gateBias.isFinite, "dynamics.gateBias must be a number")
    try require(survival > 0 && survival <= 1, "survival must be above 0 and at most 1, not \(survival)")
    switch block {
    case .plain:
      try require(survival == 1, "a plain network has no path around its blocks: set survival to 1")
      try require(
        initialization == .automatic || initialization == .he,
        "a plain network that starts at zero stays there: set initialization to he")
    case .highway, .backwardEuler:
      try require(survival == 1, "\(block.rawValue) blocks cannot be left out: set survival to 1")
      try require(
        block == .highway || norm != .batch,
        "a backward Euler step evaluates its branch many times, and batch norm would learn from each: set norm to group "
          + "or none")
    case .postActivation, .preActivation, .forwardEuler, .scaled: break
    }
    try require(
      !it.shared || block.activatesFirst, "\(block.rawValue) blocks cannot share a branch: set dynamics.shared to false"
    )
    try require(
      !it.shared || norm != .batch,
      "batch norm would mix the statistics of all places where a shared branch stands: set norm to group or none")
  }
}

/// A description that no network fits.
public struct DescriptionError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
