import TorchCore

/// A network as a chain h₀ = embed(x), h_{l+1} = step_l(h_l), logits = readout(h_L).
///
/// Samples must not mix, as in evaluation mode, wherever a figure is one sample's own; in training mode, where norms
/// use the batch's statistics, only what sums over samples has a meaning. The functions are called with a graph being
/// recorded and without, so a step that replaces gradients does so only where its output takes one.
public struct NetworkChain {
  /// One function of the chain, such as a residual block.
  public struct Step {
    /// By which reports name it, such as `layer1.0`.
    public let name: String
    /// Whether h_{l+1} has the shape of h_l, so that the chain still fits together without this step.
    public let keepsShape: Bool
    /// h_l → h_{l+1}, both N×….
    public let apply: (Tensor) throws -> Tensor

    /// - Parameter apply: h_l → h_{l+1}; whether the shapes agree is for `keepsShape` to say.
    public init(name: String, keepsShape: Bool = true, apply: @escaping (Tensor) throws -> Tensor) {
      self.name = name
      self.keepsShape = keepsShape
      self.apply = apply
    }
  }

  /// Input batch N×… → h₀, N×….
  public let embed: (Tensor) throws -> Tensor
  /// In order of evaluation: L of them.
  public let steps: [Step]
  /// h_L, N×… → logits N×K.
  public let readout: (Tensor) throws -> Tensor

  /// A chain of any functions; that of a trained network is ``init(_:_:)``.
  public init(
    embed: @escaping (Tensor) throws -> Tensor, steps: [Step], readout: @escaping (Tensor) throws -> Tensor
  ) {
    self.embed = embed
    self.steps = steps
    self.readout = readout
  }

  /// h₀ … h_L, one more than there are steps.
  /// - Throws: what the functions of the chain throw.
  public func states(_ x: Tensor) throws -> [Tensor] { try states(from: embed(x)) }

  /// Logits N×K.
  /// - Throws: what the functions of the chain throw.
  public func logits(_ x: Tensor) throws -> Tensor { try readout(steps.reduce(embed(x)) { try $1.apply($0) }) }

  /// h₀ … h_L from h₀.
  func states(from first: Tensor) throws -> [Tensor] {
    try steps.reduce(into: [first]) { states, step in states.append(try step.apply(states[states.count - 1])) }
  }
}
