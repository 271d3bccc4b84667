import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct DegradationTests {
  init() throws { try Torch.setThreads(1) }

  @Test func yieldsAnOutcome() throws { try expectOutcome(of: DegradationStudy()) }
}
