import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct EnsembleTests {
  init() throws { try Torch.setThreads(1) }

  /// F_l(h) = A_l h.
  private func linearRun(_ matrices: [Tensor]) -> ResidualRun {
    ResidualRun(
      links: matrices.map { a in
        ResidualRun.Link {
          try $0 + $0.linear(a)
        } branch: {
          try $0.linear(a)
        }
      })
  }

  private func matrices(_ count: Int, _ stream: RandomStream) throws -> [Tensor] {
    try (0..<count).map { try Tensor.normal([5, 5], stream.stream($0), dtype: .float64) * 0.3 }
  }

  /// Without the first of L linear blocks the later terms change by (I − P) A₀h₀, P the product of the later I + A_l.
  @Test(arguments: 0..<20) func linearBlocksFollowTheClosedForm(seed: UInt64) throws {
    let stream = RandomStream(seed: seed)
    let a = try matrices(2 + Int(seed % 4), stream)
    let h0 = try Tensor.normal([3, 5], stream.stream("h"), dtype: .float64)
    let run = linearRun(a)
    let eye = try Tensor.eye(5, dtype: .float64)
    let product = try a.dropFirst().reduce(eye) { try ($1 + eye).matmul($0) }
    let term = try h0.linear(a[0])
    let change = try term - term.linear(product)
    let removal = try run.removal(of: 0, from: h0)
    #expect(try abs(removal.ratio - (change.norm() / term.norm()).item()) < 1e-12)
    let cosine = try (change * term).sum([1]) / (change.norm(2, [1]) * term.norm(2, [1]))
    #expect(try abs(removal.compensation - cosine.mean().item()) < 1e-12)
    #expect(try removal.error < 1e-13 && run.sumError(from: h0) < 1e-13)
  }

  /// Terms that do not look at their input are members of a true ensemble.
  @Test func constantTermsDoNotChange() throws {
    let c = try Tensor([1.0, -2, 3], [1, 3])
    let link = ResidualRun.Link {
      try $0 + c
    } branch: {
      try $0 * 0 + c
    }
    let removal = try ResidualRun(links: [link, link, link]).removal(of: 1, from: Tensor([1.0, 2, 3], [1, 3]))
    #expect(removal.ratio == 0 && removal.compensation == 0 && removal.error == 0)
  }

  @Test func anActivationBehindTheSumShows() throws {
    let a = try matrices(3, RandomStream(seed: 1))
    let run = ResidualRun(
      links: a.map { a in
        ResidualRun.Link {
          try ($0 + $0.linear(a)).relu()
        } branch: {
          try $0.linear(a)
        }
      })
    let h0 = try Tensor.normal([3, 5], RandomStream(seed: 2), dtype: .float64).abs()
    #expect(try run.sumError(from: h0) > 1e-2)
    #expect(try run.removal(of: 0, from: h0).error > 1e-2)
  }

  @Test(arguments: [(NetworkDescription.BlockKind.preActivation, true), (.postActivation, false)])
  func networksAreSumsBetweenProjections(block: NetworkDescription.BlockKind, isSum: Bool) throws {
    let description = NetworkDescription(depth: 20, width: 2, block: block)
    let stream = RandomStream(seed: 4)
    let trunk = try description.makeTrunk(
      inputShape: [1, 8, 8], statistics: PixelStatistics(mean: [0.5], std: [0.3]), stream: stream)
    let head = try description.makeHead(features: trunk.featureCount, classCount: 3, stream: stream)
    let network = TaskNetwork(trunk: trunk, adapter: nil, head: head)
    #expect(ResidualRun.runs(of: network).map(\.start) == [0, 4, 7])
    #expect(ResidualRun.runs(of: network).map { $0.run.links.count } == [3, 2, 2])
    let terms = try SumOfTerms(network, Tensor.uniform([4, 1, 8, 8], stream.stream("x"), dtype: .float64))
    #expect(terms.removals.map(\.count) == [2, 1, 1])
    #expect((terms.sumError <= EnsembleStudy.tolerance) == isSum)
    #expect((terms.removalError <= EnsembleStudy.tolerance) == isSum)
  }

  @Test func theStudyRuns() throws {
    let study = EnsembleStudy()
    let record = try runOnGeneratedImages(study)
    expectComplete(record, of: study)
    #expect(record.criteria[0].outcome == .met && record.criteria[1].outcome == .met)
    #expect(try #require(record.findings.last).value > 1e-3, "post-activation is no sum")
  }
}
