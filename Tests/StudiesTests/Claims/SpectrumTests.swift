import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct SpectrumTests {
  init() throws { try Torch.setThreads(1) }

  @Test func tiny() throws {
    let record = try tinyRun(SpectrumStudy())
    #expect(record.criteria[0].outcome == .met, "\(record.criteria[0].detail)")
  }

  @Test func matchingIsOneToOne() {
    let branch: [BlockSpectra.Eigenvalue] = [(0, 1), (0, -1), (-0.5, 0)]
    #expect(BlockSpectra(block: [(1, -1), (0.5, 0), (1, 1)], branch: branch).distance == 0)
    // Without the skip's one, or with an eigenvalue counted twice, it is no match.
    #expect(abs(BlockSpectra(block: branch, branch: branch).distance - 1) < 1e-15)
    #expect(BlockSpectra(block: [(1, 1), (1, 1), (0.5, 0)], branch: branch).distance >= 1)
    #expect(BlockSpectra(block: [(1, 1)], branch: branch).distance == .infinity)
    #expect(BlockSpectra.modulus((3, -4)) == 5)
  }
}
