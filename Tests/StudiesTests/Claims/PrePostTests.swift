import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct PrePostTests {
  init() throws { try Torch.setThreads(1) }

  @Test func tiny() throws {
    let record = try tinyRun(PrePostStudy())
    #expect(record.criteria[0].outcome == .met, "\(record.criteria[0].detail)")
  }

  @Test func skipIsTheIdentityOrTheMask() throws {
    for kind in [NetworkDescription.BlockKind.preActivation, .postActivation] {
      let toy = try SignalToy(kind)
      let flow = try SignalGradients(toy.network, toy.pixels, labels: toy.labels)
      for index in 0..<4 {
        let g = try Tensor.ones(flow.states[index].shape, dtype: .float64)
        let skip = try flow.skip(ofBlock: index, g)
        #expect(skip.reproducesBlock)
        let expected = kind == .preActivation ? g : try flow.states[index + 1].greater(0).to(.float64)
        #expect(try skip.gradient.equal(expected).allTrue())
      }
    }
  }

  /// A block of one kind measured as another is noticed.
  @Test func aWrongKindIsNoticed() throws {
    let toy = try SignalToy(.plain)
    let flow = try SignalGradients(toy.network, toy.pixels, labels: toy.labels)
    for kind in [NetworkDescription.BlockKind.preActivation, .postActivation] {
      let skip = try SkipGradient(
        toy.network.trunk.blocks[1], kind, at: flow.states[1], flow.gradients[2],
        Passage(adapter: nil, mode: .evaluation))
      #expect(!skip.reproducesBlock)
    }
  }
}
