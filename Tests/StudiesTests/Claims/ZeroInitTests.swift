import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct ZeroInitTests {
  init() throws { try Torch.setThreads(1) }

  @Test func tiny() throws {
    let record = try tinyRun(ZeroInitStudy())
    #expect(record.criteria[0].outcome == .met && record.criteria[1].outcome == .met)
    #expect(record.findings[0].value == 1)
  }

  @Test func onlyZeroStartIsTheIdentity() throws {
    let zero = try SignalToy(.preActivation, .zero)
    let flow = try SignalGradients(zero.network, zero.pixels, labels: zero.labels)
    let pass = try IdentityPass(flow, from: 0, to: 4)
    #expect(pass.keepsSignal && pass.keepsGradient)
    let random = try SignalToy(.preActivation, .he)
    let other = try SignalGradients(random.network, random.pixels, labels: random.labels)
    let single = try IdentityPass(other, from: 1, to: 2)
    #expect(!single.keepsSignal && !single.keepsGradient)
  }
}
