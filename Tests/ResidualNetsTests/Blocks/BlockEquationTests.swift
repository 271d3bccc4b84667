import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// Each kind of block against its equation, written out over the parameters by their names.
@TorchActor
@Suite struct BlockEquationTests {
  /// F of a fully connected branch, from the parameters alone.
  private struct Field {
    let w1, b1, w2, b2: Tensor
    let activatesFirst: Bool

    init(_ network: TaskNetwork, block: Int) throws {
      let parameters = network.allParameters
      func value(_ name: String) throws -> Tensor {
        try #require(parameters["trunk/blocks.\(block).\(name)"]).value.detached()
      }
      (w1, b1) = try (value("linear1.weight"), value("linear1.bias"))
      (w2, b2) = try (value("linear2.weight"), value("linear2.bias"))
      activatesFirst = network.trunk.description.block.activatesFirst
    }

    func callAsFunction(_ h: Tensor) throws -> Tensor {
      let x = try activatesFirst ? h.clamped(0, .infinity) : h
      let inner = try (x.matmul(w1.transposed()) + b1).clamped(0, .infinity)
      return try inner.matmul(w2.transposed()) + b2
    }
  }

  private func network(_ block: NetworkDescription.BlockKind, _ dynamics: NetworkDescription.Dynamics, seed: UInt64)
    throws -> TaskNetwork
  {
    let description = NetworkDescription(
      architecture: .mlp, depth: 2, width: 5, block: block, norm: .none, dynamics: dynamics)
    let network = try NetworkCase(description: description).makeRandom(RandomStream(seed: seed))
    try network.mapTensors { try $0.to(.float64) }
    return network
  }

  /// The second block of a random network on random states, against an equation of h, F and the block's parameters.
  private func check(
    _ kind: NetworkDescription.BlockKind, _ dynamics: NetworkDescription.Dynamics = .init(), within tolerance: Double,
    _ equation: (_ h: Tensor, _ next: Tensor, _ field: Field, _ gate: (Tensor) throws -> Tensor) throws -> Tensor
  ) throws {
    for seed in 0..<5 as Range<UInt64> {
      let network = try network(kind, dynamics, seed: seed)
      let field = try Field(network, block: 1)
      let h = try Tensor.normal([6, 5], RandomStream(seed: seed).stream("h"), dtype: .float64)
      func gate(_ x: Tensor) throws -> Tensor {
        let parameters = network.allParameters
        let weight = try #require(parameters["trunk/blocks.1.gate.weight"]).value
        let bias = try #require(parameters["trunk/blocks.1.gate.bias"]).value
        return try 1 / (1 + (x.matmul(weight.transposed()) + bias).negated().exp())
      }
      let next = try network.trunk.blocks[1].forward(h, Passage(adapter: nil, mode: .evaluation)).detached()
      try expectClose(next, equation(h, next, field, gate), within: tolerance, "\(kind), seed \(seed)")
    }
  }

  @Test func plain() throws { try check(.plain, within: 1e-14) { h, _, f, _ in try f(h).clamped(0, .infinity) } }

  @Test func postActivation() throws {
    try check(.postActivation, within: 1e-14) { h, _, f, _ in try (h + f(h)).clamped(0, .infinity) }
  }

  @Test func preActivation() throws { try check(.preActivation, within: 1e-14) { h, _, f, _ in try h + f(h) } }

  @Test(arguments: [0.125, 0.5, 3]) func forwardEuler(step: Double) throws {
    try check(.forwardEuler, .init(step: step), within: 1e-14) { h, _, f, _ in try h + step * f(h) }
  }

  @Test(arguments: [(0.5, 0.5), (1, 0), (-0.75, 1), (0, 0.25)]) func scaled(alpha: Double, beta: Double) throws {
    try check(.scaled, .init(alpha: alpha, beta: beta), within: 1e-14) { h, _, f, _ in
      try (1 - beta) * h + alpha * f(h)
    }
  }

  @Test func highway() throws {
    try check(.highway, within: 1e-14) { h, _, f, gate in
      let t = try gate(h)
      return try (1 - t) * h + t * f(h)
    }
  }

  /// The result satisfies its own equation.
  @Test(arguments: [0.1, 0.5]) func backwardEuler(step: Double) throws {
    try check(.backwardEuler, .init(step: step), within: 1e-10) { h, next, f, _ in try h + step * f(next) }
  }

  /// With b_T = ±50 the gate is 1, or 2·10⁻²²: the block is its branch, or its shortcut to the last bit.
  @Test func highwayGatesInTheLimit() throws {
    for architecture in [NetworkDescription.Architecture.mlp, .resnet] {
      for (bias, isOpen) in [(50.0, true), (-50, false)] {
        let subject = NetworkCase(
          description: .init(
            architecture: architecture, width: 4, block: .highway, norm: architecture.usualNorm,
            dynamics: .init(gateBias: bias)))
        let stream = RandomStream(seed: 3)
        let trunk = try subject.make(stream).trunk
        try trunk.mapTensors { try $0.to(.float64) }
        let passage = Passage(adapter: nil, mode: .evaluation)
        var h = try trunk.embed(subject.pixels(3, stream), passage)
        for block in trunk.blocks {
          let next = try block.forward(h, passage)
          let carried = try block.shortcut?.forward(h, passage) ?? h
          if isOpen {
            try expectClose(next, block.branch.forward(h, passage), within: 1e-12, block.site)
          } else {
            #expect(try next.detached().host() == carried.detached().host(), "\(block.site)")
          }
          h = try next / next.abs().max()
        }
      }
    }
  }

  /// A plain convolutional network, written out with PyTorch's operations.
  @Test func aPlainNetworkIsItsLayers() throws {
    let stream = RandomStream(seed: 4)
    let subject = NetworkCase(description: .init(depth: 14, width: 3, block: .plain))
    let network = try subject.makeRandom(stream)
    try network.mapTensors { try $0.to(.float64) }
    let state = try network.trunk.state().mapValues { try Tensor($0) }
    func value(_ name: String) throws -> Tensor { try #require(state[name]) }
    func layer(_ x: Tensor, _ convolution: String, _ norm: String, stride: Int) throws -> Tensor {
      let y = try x.conv2d(value("\(convolution).weight"), nil, .init(stride: stride, padding: 1))
      let scale = try value("\(norm).weight") / (value("\(norm).running_var") + 1e-5).sqrt()
      let shift = try value("\(norm).bias") - value("\(norm).running_mean") * scale
      return try (y * scale.reshaped([1, -1, 1, 1]) + shift.reshaped([1, -1, 1, 1])).clamped(0, .infinity)
    }
    let pixels = try subject.pixels(3, stream)
    var h =
      try (pixels - value("normalize.mean").reshaped([1, -1, 1, 1])) / value("normalize.std").reshaped([1, -1, 1, 1])
    h = try layer(h, "conv1", "bn1", stride: 1)
    for stage in 1...3 {
      for index in 0..<2 {
        let site = "layer\(stage).\(index)"
        h = try layer(h, "\(site).conv1", "\(site).bn1", stride: stage > 1 && index == 0 ? 2 : 1)
        h = try layer(h, "\(site).conv2", "\(site).bn2", stride: 1)
      }
    }
    let features = try network.trunk.features(pixels, Passage(adapter: nil, mode: .evaluation))
    try expectClose(features, h.mean([2, 3]), within: 1e-12)
  }
}
