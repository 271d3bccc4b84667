import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct ConstructionTests {
  init() throws { try Torch.setThreads(1) }

  @Test func yieldsAnOutcome() throws {
    try expectOutcome(of: ConstructionStudy())
    try withClaimImages { setting in
      let outcome = try ConstructionStudy().run(setting)
      #expect(outcome.judgements[0].outcome == .met, "an exact claim does not depend on the scale")
    }
  }

  /// Statistics, scales and shifts that a training could have left, so that nothing is 0 or 1 by chance.
  private func trained(_ description: NetworkDescription, _ images: StudyImages) throws -> TaskNetwork {
    let network = try images.freshNetwork(description, RandomStream(seed: 3))
    try network.becomeFloat64()
    let stream = RandomStream(seed: 4)
    let members = Members(of: network.trunk)
    for (path, tensor) in Array(members.parameters.mapValues(\.value)) + Array(members.buffers.mapValues(\.value))
    where path.contains("bn") {
      try tensor.assign(Tensor.uniform(tensor.shape, stream.stream(path), dtype: .float64) + 0.3)
    }
    return network
  }

  @Test func theExtensionHasTheSameLogits() throws {
    try withClaimImages { setting in
      let images = try setting.images()
      let shallow = try trained(NetworkDescription(depth: 8, width: 4, block: .plain), images)
      for depth in [14, 26] {
        let deep = try images.freshNetwork(
          NetworkDescription(depth: depth, width: 4, block: .plain), RandomStream(seed: 5))
        try deep.becomeFloat64()
        let x = try images.train.pixels.to(.float64)
        let expected = try shallow.logits(x, .evaluation)
        let distance = { try (deep.logits(x, .evaluation) - expected).abs().max().item() }
        #expect(try distance() > 1e-3, "before, it is another function")
        try deep.becomeExtension(of: shallow)
        #expect(try distance() < 1e-12 * expected.abs().max().item())
        #expect(deep.trunk.blocks.count == 3 * (depth - 2) / 6)
      }
    }
  }

  /// A residual block with a Dirac branch doubles what arrives, so that the same construction is another function.
  @Test func theConstructionIsForPlainNetworks() throws {
    try withClaimImages { setting in
      let images = try setting.images()
      func network(_ depth: Int) throws -> TaskNetwork {
        let network = try images.freshNetwork(
          NetworkDescription(depth: depth, width: 4, block: .postActivation), RandomStream(seed: 3))
        try network.becomeFloat64()
        return network
      }
      let (shallow, deep) = (try network(8), try network(14))
      try deep.becomeExtension(of: shallow)
      let x = try images.train.pixels.to(.float64)
      #expect(try (deep.logits(x, .evaluation) - shallow.logits(x, .evaluation)).abs().max().item() > 1e-2)
    }
  }

  @Test func aWiderNetworkIsNoExtension() throws {
    try withClaimImages { setting in
      let images = try setting.images()
      let shallow = try images.freshNetwork(
        NetworkDescription(depth: 8, width: 4, block: .plain), RandomStream(seed: 3))
      let residual = try images.freshNetwork(
        NetworkDescription(depth: 14, width: 4, block: .preActivation), RandomStream(seed: 3))
      #expect(throws: StudyError.self) { try residual.becomeExtension(of: shallow) }
    }
  }
}
