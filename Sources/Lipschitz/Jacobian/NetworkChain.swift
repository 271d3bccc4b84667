import TorchCore

/// A network as a chain h₀ = embed(x), h_{l+1} = step_l(h_l), logits = readout(h_L).
///
/// The functions are in evaluation mode: samples do not mix. They are called with a graph being recorded and without, so a
/// step that replaces gradients does so only where its output takes one.
public struct NetworkChain {
  /// One function of the chain, such as a residual block.
  public struct Step {
    public let name: String
    /// Whether h_{l+1} has the shape of h_l, so that the chain still fits together without this step.
    public let keepsShape: Bool
    public let apply: (Tensor) throws -> Tensor

    public init(name: String, keepsShape: Bool = true, apply: @escaping (Tensor) throws -> Tensor) {
      self.name = name
      self.keepsShape = keepsShape
      self.apply = apply
    }
  }

  /// Input batch N×… → h₀, N×….
  public let embed: (Tensor) throws -> Tensor
  public let steps: [Step]
  /// h_L, N×… → logits N×K.
  public let readout: (Tensor) throws -> Tensor

  public init(
    embed: @escaping (Tensor) throws -> Tensor, steps: [Step], readout: @escaping (Tensor) throws -> Tensor
  ) {
    self.embed = embed
    self.steps = steps
    self.readout = readout
  }

  /// h₀ … h_L, one more than there are steps.
  public func states(_ x: Tensor) throws -> [Tensor] { try states(from: embed(x)) }

  /// Logits N×K.
  public func logits(_ x: Tensor) throws -> Tensor { try readout(advanced(embed(x), from: 0)) }

  /// h_L from h_l, l = `first`.
  func advanced(_ state: Tensor, from first: Int) throws -> Tensor {
    try steps.dropFirst(first).reduce(state) { try $1.apply($0) }
  }

  /// h₀ … h_L from h₀.
  func states(from first: Tensor) throws -> [Tensor] {
    try steps.reduce(into: [first]) { states, step in states.append(try step.apply(states[states.count - 1])) }
  }
}
