import RandomStreams
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct EquilibriumTests {
  @Test(arguments: [1.0, -1.0]) func zerosOfLinearFieldsAttractingOrRepelling(sign: Double) throws {
    let a =
      try (Tensor.normal([5, 5], RandomStream(seed: 1), dtype: .float64) * 0.15 - Tensor.eye(5, dtype: .float64)) * sign
    let b = try Tensor.normal([1, 5], RandomStream(seed: 2), dtype: .float64)
    let start = try Tensor.normal([1, 5], RandomStream(seed: 3), dtype: .float64)
    let zero = try #require(try zeroOfField(from: start) { try $0.matmul(a.transposed()) + b })
    let exact = try a.solved(for: b.transposed()).transposed().negated()
    #expect(try relativeDistance(zero, exact) < 1e-10)
  }

  @Test func aFieldWithoutZerosHasNoneFound() throws {
    let start = try Tensor.ones([1, 3], dtype: .float64)
    #expect(try zeroOfField(from: start) { try $0.squared() + 1 } == nil)
  }

  @Test func study() async throws {
    try await withFlowImages { setting in
      let outcome = try checkedRun(EquilibriumStudy(), setting)
      #expect(outcome.judgements.allSatisfy { $0.outcome == .met }, "\(outcome.judgements.map(\.detail))")
    }
  }
}
