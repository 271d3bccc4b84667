import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// A backward Euler block as a network has it: shortcut, branch, norm constraint and adapters included.
@TorchActor
@Suite struct BackwardEulerBlockTests {
  nonisolated static let cases = NetworkCase.all.filter { $0.description.block == .backwardEuler }

  private func states(_ network: TaskNetwork, _ pixels: Tensor, _ passage: Passage) throws -> [Tensor] {
    try network.trunk.blocks.reduce(into: [network.trunk.embed(pixels, passage)]) { states, block in
      states.append(try block.forward(states[states.count - 1], passage))
    }
  }

  /// h′ = S h + τF(h′).
  @Test(arguments: cases) func theStateSolvesTheEquation(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 1)
    let network = try subject.makeRandom(stream)
    try network.mapTensors { try $0.to(.float64) }
    let passage = Passage(adapter: network.adapter, mode: .evaluation)
    try withoutGradients {
      let states = try states(network, subject.pixels(3, stream), passage)
      for (block, (h, next)) in zip(network.trunk.blocks, zip(states, states.dropFirst())) {
        let start = try block.shortcut?.forward(h, passage) ?? h
        let explicit = try start + subject.description.dynamics.step * block.branch.forward(next, passage)
        try expectClose(next, explicit, within: 1e-9, block.site)
        #expect(try relativeDistance(next, start) > 1e-3, "the branch matters")
      }
    }
  }

  /// The gradient through one block is (I − τJᵀ)⁻¹ g, J the branch's Jacobian at the root as a dense matrix.
  @Test func theGradientIsTheImplicitFunctionTheorems() throws {
    let stream = RandomStream(seed: 2)
    let subject = NetworkCase(
      description: .init(
        architecture: .mlp, depth: 1, width: 7, block: .backwardEuler, norm: .none, dynamics: .init(step: 0.4)))
    let network = try subject.makeRandom(stream)
    try network.mapTensors { try $0.to(.float64) }
    let (block, passage) = (network.trunk.blocks[0], Passage(adapter: nil, mode: .evaluation))
    for sample in 0..<5 {
      let h = try Tensor.normal([1, 7], stream.stream(sample), dtype: .float64).asLeaf()
      let root = try block.forward(h, passage)
      let g = try Tensor.normal([1, 7], stream.stream("g").stream(sample), dtype: .float64)
      let slope = try gradients(of: root, seed: g, withRespectTo: [h])[0]
      let leaf = try root.detached().asLeaf()
      let field = try block.branch.forward(leaf, passage)
      let rows = try (0..<7).map { row in
        let unit = try Tensor.eye(7, dtype: .float64).narrowed(0, from: row, count: 1)
        return try #require(try gradients(of: field, seed: unit, withRespectTo: [leaf], retainingGraph: true)[0])
      }
      let jacobian = try Tensor.concatenated(rows)
      let system = try Tensor.eye(7, dtype: .float64) - 0.4 * jacobian.transposed()
      try expectClose(slope, system.solved(for: g.transposed()).transposed(), within: 1e-9, "sample \(sample)")
    }
  }

  /// A search evaluates the branch many times, but a constraint refines its estimate once a training step.
  @Test(arguments: cases.filter { $0.description.branchBudget != nil && !$0.withAdapter })
  func constraintsRefineOncePerStep(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 3)
    let (network, twin) = try (subject.makeRandom(stream), subject.makeRandom(stream))
    let training = Passage(adapter: nil, mode: .training)
    try withoutGradients {
      var h = try network.trunk.embed(subject.pixels(3, stream, dtype: .float32), training)
      for (block, other) in zip(network.trunk.blocks, twin.trunk.blocks) {
        let start = try block.shortcut?.forward(h, Passage(adapter: nil, mode: .evaluation)) ?? h
        _ = try other.branch.forward(start, training)
        let next = try block.forward(h, training)
        #expect(try block.branch.state() == other.branch.state(), "\(block.site)")
        // The root is that of the refined constraint.
        let explicit =
          try start + subject.description.dynamics.step
          * block.branch.forward(next, Passage(adapter: nil, mode: .evaluation))
        try expectClose(next, explicit, within: 1e-4, block.site)
        h = next
      }
    }
  }
}
