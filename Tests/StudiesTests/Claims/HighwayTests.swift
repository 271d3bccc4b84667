import Foundation
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct HighwayTests {
  init() throws { try Torch.setThreads(1) }

  @Test func yieldsAnOutcome() throws {
    try expectOutcome(of: HighwayStudy())
    try withClaimImages { setting in
      let outcome = try HighwayStudy().run(setting)
      #expect(outcome.judgements[0].outcome == .met, "an exact claim does not depend on the scale")
    }
  }

  @Test func aChainOfGatesHasItsClosedForm() throws {
    // Open: the identity, whatever the branch; closed: the branch alone.
    #expect(try gatedChainGradient(gate: 0, slope: 7, length: 50) == 1)
    #expect(try gatedChainGradient(gate: 1, slope: 0.5, length: 20) == pow(0.5, 20))
    #expect(try abs(gatedChainGradient(gate: 0.5, slope: -1, length: 3)) == 0)
  }
}
