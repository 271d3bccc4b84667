import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

/// Branches left out at random in training, and their expectation in evaluation (Huang et al. 2016).
@TorchActor
@Suite struct StochasticDepthTests {
  /// F(h) = h Wᵀ.
  private final class LinearBranch: Branch {
    let weight: Tensor
    init(_ weight: Tensor) { self.weight = weight }
    func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor { try h.linear(weight) }
    func deployed(_ passage: Passage) throws -> [Stage] { [Stage("f", .linear(weight: weight, bias: nil))] }
    func visit(_ members: inout Members) {}
  }

  private func training(_ draws: RandomStream?) -> Passage { Passage(adapter: nil, mode: .training, draws: draws) }

  /// The mean over n draws of 1[survives] F(h) is F(h) times a binomial share, p ± √(p(1 − p)/n).
  @Test(arguments: [0.1, 0.5, 0.85]) func theExpectationIsTheShare(p: Double) throws {
    let stream = RandomStream(seed: 1)
    let weight = try Tensor.normal([3, 3], stream.stream("w"), dtype: .float64)
    let h = try Tensor.normal([2, 3], stream.stream("h"), dtype: .float64)
    let branch = StochasticBranch(LinearBranch(weight), survival: p, site: "blocks.0")
    let count = 4000
    var sum = try h.zerosLike()
    for draw in 0..<count { sum = try sum + branch.forward(h, training(stream.stream(draw))) }
    let full = try h.linear(weight)
    let share = try (sum / Double(count) / full).mean().item()
    #expect(abs(share - p) < 5 * (p * (1 - p) / Double(count)).squareRoot(), "\(share) of \(p)")

    let evaluated = try branch.forward(h, Passage(adapter: nil, mode: .evaluation))
    try expectClose(evaluated, full * p, within: 1e-15)
    try expectClose(branch.deployed(training(nil)).apply(h), full * p, within: 1e-15)
  }

  /// p_l = 1 − (l / L)(1 − p_L), equation 4.
  @Test func survivalFallsLinearly() throws {
    let description = NetworkDescription(survival: 0.5)
    let values = (0..<4).map { description.survival(ofBlock: $0, of: 4) }
    #expect(values == [0.875, 0.75, 0.625, 0.5])
    #expect(NetworkDescription(survival: 1).survival(ofBlock: 3, of: 7) == 1)
  }

  @Test func theSameDrawsGiveTheSameBits() throws {
    let subject = NetworkCase(description: .init(depth: 20, width: 2, survival: 0.5))
    let pixels = try subject.pixels(4, RandomStream(seed: 1), dtype: .float32)
    func logits(_ draw: Int) throws -> HostTensor {
      try subject.makeRandom(RandomStream(seed: 2)).trainingLogits(pixels, step: draw).detached().host()
    }
    #expect(try logits(0) == logits(0))
    #expect(try Set((0..<5).map { try logits($0).values(as: Float.self) }).count > 1)
  }

  /// A branch that is left out has no gradient, and its statistics keep their bytes; one that takes part has both.
  @Test func aSkippedBranchIsNotTouched() throws {
    let subject = NetworkCase(description: .init(depth: 14, width: 3, survival: 0.3))
    var skipped = 0
    for draw in 0..<6 {
      let network = try subject.makeRandom(RandomStream(seed: 3))
      let before = try network.trunk.state()
      let pixels = try subject.pixels(4, RandomStream(seed: 4), dtype: .float32)
      let loss = try network.trainingLogits(pixels, step: draw).crossEntropy(Tensor(indices: [0, 1, 2, 1]))
      let parameters = Members(of: network.trunk).parameters
      let slopes = try gradients(of: loss, withRespectTo: parameters.values.map(\.value))
      let after = try network.trunk.state()
      for (index, block) in network.trunk.blocks.enumerated() {
        let survives =
          RandomStream(seed: 12).stream(draw).stream(block.site).uniform(at: 0)
          < subject.description.survival(ofBlock: index, of: network.trunk.blocks.count)
        skipped += survives ? 0 : 1
        for (path, tensor) in after where path.hasPrefix("\(block.site).bn") && path.contains("running") {
          #expect((tensor == before[path]) == !survives, "draw \(draw): \(path)")
        }
        for (path, slope) in zip(parameters.keys, slopes) where path.hasPrefix("\(block.site).conv") {
          #expect((slope != nil) == survives, "draw \(draw): \(path)")
        }
      }
    }
    #expect(skipped > 5 && skipped < 31)
  }

  /// A network whose blocks are all left out is its shortcuts.
  @Test func withoutBranchesOnlyShortcutsAreLeft() throws {
    for kind in [NetworkDescription.BlockKind.preActivation, .postActivation, .forwardEuler, .scaled] {
      let subject = NetworkCase(
        description: .init(depth: 8, width: 3, block: kind, dynamics: .init(step: 0.5, alpha: 0.5, beta: 0.25)))
      let trunk = try subject.makeRandom(RandomStream(seed: 5)).trunk
      let block = trunk.blocks[0]
      let parts = BlockParts(
        site: block.site, keepsShape: true, branch: StochasticBranch(block.branch, survival: 1e-300, site: block.site),
        shortcut: nil,
        gate: nil)
      let alone = try subject.description.makeBlock(parts)
      let h = try Tensor.normal([2, 3, 8, 8], RandomStream(seed: 6))
      let expected: Tensor
      switch kind {
      case .postActivation: expected = try h.relu()
      case .scaled: expected = try h * 0.75
      default: expected = h
      }
      #expect(try alone.forward(h, training(RandomStream(seed: 7))).host() == expected.host(), "\(kind)")
    }
  }

  @Test func trainingNeedsDraws() throws {
    let subject = NetworkCase(description: .init(width: 2, survival: 0.5))
    let network = try subject.make(RandomStream(seed: 1))
    let pixels = try subject.pixels(2, RandomStream(seed: 1), dtype: .float32)
    let error = #expect(throws: DescriptionError.self) { try network.logits(pixels, .training) }
    #expect(error?.description.contains("needs a stream to draw from") == true)
  }
}
