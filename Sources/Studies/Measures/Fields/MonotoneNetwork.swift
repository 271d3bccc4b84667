import OrderedCollections
import RandomStreams
import ResidualNets
import TorchCore

/// A classifier whose blocks follow dh/dt = −Wᵀ φ(W h + b): no two trajectories part, since −WᵀDW ≤ 0 for the
/// derivative D ≥ 0 of φ. In float64: such stiff steps amplify rounding. Source: the parabolic networks of Ruthotto &
/// Haber 2020, with φ = ReLU.
struct MonotoneNetwork {
  enum Scheme { case forward, backward }

  /// τ.
  let step: Double
  /// How exactly roots are found; see `ImplicitSolver`.
  var tolerance = 1e-6
  private let input: Linear
  private let layers: [Linear]
  private let head: Linear

  init(inputs: Int, width: Int, depth: Int, classCount: Int, step: Double, stream: RandomStream) throws {
    self.step = step
    input = try Linear(site: "input", inputs: inputs, outputs: width, stream: stream.stream("input"))
    layers = try (0..<depth).map {
      try Linear(
        site: "blocks.\($0)", inputs: width, outputs: width, initialization: .he(scale: 1), stream: stream.stream($0))
    }
    head = try Linear(site: "head", inputs: width, outputs: classCount, stream: stream.stream("head"))
    for layer in [input] + layers + [head] { try layer.becomeFloat64() }
  }

  var parameters: OrderedDictionary<String, Parameter> {
    var all: OrderedDictionary<String, Parameter> = [:]
    for layer in [input] + layers + [head] {
      for (name, parameter) in layer.trainableParameters { all["\(layer.site).\(name)"] = parameter }
    }
    return all
  }

  /// τ‖W‖₂² of each block; forward steps may explode above 2.
  func stiffness() throws -> [Double] {
    try layers.map { try step * $0.weight.value.detached().singularValues().squared().max().item() }
  }

  /// h₀ … h_L of a batch N×….
  func states(_ x: Tensor, _ scheme: Scheme) throws -> [Tensor] {
    try layers.reduce(into: [input.forward(x.to(.float64).flattened(), .evaluation)]) { states, layer in
      let h = states[states.count - 1]
      func field(_ z: Tensor) throws -> Tensor {
        try layer.forward(z, .evaluation).relu().matmul(layer.weight.value).negated()
      }
      switch scheme {
      case .forward: states.append(try h + field(h) * step)
      case .backward:
        let solver = ImplicitSolver(tolerance: tolerance, iterationLimit: 100)
        states.append(try backwardEulerStep(h, step: step, solver: solver, site: layer.site, field))
      }
    }
  }

  func logits(_ x: Tensor, _ scheme: Scheme) throws -> Tensor {
    let states = try states(x, scheme)
    return try head.forward(states[states.count - 1], .evaluation)
  }
}
