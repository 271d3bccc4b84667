import Foundation
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct DriftTests {
  init() throws { try Torch.setThreads(1) }

  @Test func tiny() throws {
    let record = try tinyRun(DriftStudy())
    #expect(record.criteria[3].outcome == .met, "\(record.criteria[3].detail)")
    // He branches add up: the variance about doubles in each block, whatever the size.
    #expect(record.criteria[2].outcome == .notMet)
    let factor = try #require(record.findings.first { $0.name.contains("factor of the variance per block") })
    #expect((1.4...2.4).contains(factor.value))
  }

  @Test func slopes() {
    #expect(abs(Statistics.slope([1, 3, 5, 7], at: [0, 1, 2, 3]) - 2) < 1e-15)
    // Least squares of (0, 0), (1, 1), (2, 0), (3, 3): covariance 4, spread 5.
    #expect(abs(Statistics.slope([0, 1, 0, 3], at: [0, 1, 2, 3]) - 0.8) < 1e-15)
    #expect(abs(Statistics.factorPerStep([2, 0, 18]) - 3) < 1e-15)
    #expect(Statistics.factorPerStep([2]).isNaN)
  }
}
