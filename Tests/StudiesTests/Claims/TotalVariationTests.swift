import RandomStreams
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct TotalVariationTests {
  @Test func bracketsOfKnownFunctions() throws {
    let x = try unitInterval(101)
    // F = −2x turns the identity round; F = 3x is all of the upper bound; F = x² ends where it should.
    let branch = try Tensor.concatenated([x * -2, x * 3, x * x])
    let brackets = try VariationBracket.each(branch: branch, residual: x + branch)
    let expected = [(2.0, 1.0, 1.0, 3.0), (3, 4, 2, 4), (1, 2, 0, 2)]
    for (bracket, expected) in zip(brackets, expected) {
      #expect(abs(bracket.branch - expected.0) < 1e-12 && abs(bracket.residual - expected.1) < 1e-12)
      #expect(abs(bracket.lower - expected.2) < 1e-12 && abs(bracket.upper - expected.3) < 1e-12)
      #expect(!bracket.isBroken)
    }
    #expect(abs(brackets[0].position) < 1e-12 && abs(brackets[1].position - 1) < 1e-12)
  }

  @Test func aPlainFunctionGivenAsResidualIsCaught() throws {
    let branch = try unitInterval(50) * 0.1
    let small = try VariationBracket.each(branch: branch, residual: branch)
    #expect(small[0].isBroken && abs(small[0].excess - (0.9 - 0.1) / 1.1) < 1e-12)
    #expect(VariationBracket(branch: 1, residual: 2.1).isBroken)
  }

  @Test func randomFunctionsAreOfAllSizes() throws {
    let functions = try RandomFunctions.mixed(400, points: 65, RandomStream(seed: 3))
    #expect(functions.shape == [400, 65])
    let sizes = try functions.abs().max([1]).doubles()
    #expect(
      sizes.allSatisfy { (0.999e-3...1.001e3).contains($0) } && (sizes.max() ?? 0) > 300 && (sizes.min() ?? 1) < 3e-3)
    #expect(Set(sizes).count == 400, "no function twice")
  }

  @Test func aScalarNetworkIsTheSumOfItsBranches() throws {
    let network = try ScalarNetwork(depth: 3, width: 5, stream: RandomStream(seed: 4))
    try network.becomeFloat64()
    let x = try unitInterval(9).reshaped([9, 1])
    var h = x
    for index in 0..<3 { h = try h + network.branch(index, h) }
    #expect(try (network(x) - h).abs().max().item() == 0)
    #expect(network.parameters.count == 12)
    #expect(try (network(x) - x).abs().max().item() > 0.01, "the branches do something")
  }

  @Test func study() async throws {
    try await withFlowImages { setting in
      let outcome = try checkedRun(TotalVariationStudy(), setting)
      #expect(outcome.judgements.allSatisfy { $0.outcome == .met }, "\(outcome.judgements.map(\.detail))")
      #expect(outcome.findings[0].value == 0 && outcome.findings[2].value > 1, "the control leaves the bracket")
    }
  }
}
