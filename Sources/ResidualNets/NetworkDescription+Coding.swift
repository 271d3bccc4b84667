extension NetworkDescription {
  private enum CodingKeys: String, CodingKey {
    case architecture, depth, width, block, activation, shortcut, initialization, norm, readout, dynamics, survival
    case branchBudget, constraint, headBudget, patch, heads, convolutions, hidden
  }

  /// A record written before there were transformers has neither `patch` nor `heads`, one before there were 1-Lipschitz
  /// networks neither `activation` nor `constraint`, and one of anything but a convnet neither `convolutions` nor
  /// `hidden`.
  /// - Throws: `DecodingError` for a value that is missing or of another type.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      architecture: values.decode(Architecture.self, forKey: .architecture),
      depth: values.decode(Int.self, forKey: .depth), width: values.decode(Int.self, forKey: .width),
      block: values.decode(BlockKind.self, forKey: .block),
      shortcut: values.decode(ShortcutKind.self, forKey: .shortcut),
      initialization: values.decode(Initialization.self, forKey: .initialization),
      norm: values.decode(NormKind.self, forKey: .norm), readout: values.decode(Readout.self, forKey: .readout),
      dynamics: values.decode(Dynamics.self, forKey: .dynamics),
      survival: values.decode(Double.self, forKey: .survival),
      branchBudget: values.decodeIfPresent(Double.self, forKey: .branchBudget),
      headBudget: values.decode(Double.self, forKey: .headBudget))
    patch = try values.decodeIfPresent(Int.self, forKey: .patch) ?? patch
    heads = try values.decodeIfPresent(Int.self, forKey: .heads) ?? heads
    activation = try values.decodeIfPresent(Activation.self, forKey: .activation) ?? activation
    constraint = try values.decodeIfPresent(ConstraintKind.self, forKey: .constraint) ?? constraint
    convolutions = try values.decodeIfPresent([Convolution].self, forKey: .convolutions) ?? convolutions
    hidden = try values.decodeIfPresent([Int].self, forKey: .hidden) ?? hidden
    // As written, also where they are not what the lists say: `validate()` is to see that.
    depth = try values.decode(Int.self, forKey: .depth)
    width = try values.decode(Int.self, forKey: .width)
  }

  /// The lists of a convnet are left out where they are the usual ones, so that the digest of any other network is what
  /// it was before there were convnets.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(architecture, forKey: .architecture)
    try values.encode(depth, forKey: .depth)
    try values.encode(width, forKey: .width)
    try values.encode(block, forKey: .block)
    try values.encode(activation, forKey: .activation)
    try values.encode(shortcut, forKey: .shortcut)
    try values.encode(initialization, forKey: .initialization)
    try values.encode(norm, forKey: .norm)
    try values.encode(readout, forKey: .readout)
    try values.encode(dynamics, forKey: .dynamics)
    try values.encode(survival, forKey: .survival)
    try values.encodeIfPresent(branchBudget, forKey: .branchBudget)
    try values.encode(constraint, forKey: .constraint)
    try values.encode(headBudget, forKey: .headBudget)
    try values.encode(patch, forKey: .patch)
    try values.encode(heads, forKey: .heads)
    if convolutions != Self.usualConvolutions { try values.encode(convolutions, forKey: .convolutions) }
    if hidden != Self.usualHidden { try values.encode(hidden, forKey: .hidden) }
  }
}
