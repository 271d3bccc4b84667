import OperatorNorms
import RandomStreams
import Testing
import TorchCore

@TorchActor @Suite struct MatrixNormTests {
  @Test func randomMatrices() throws {
    for seed in 0..<200 {
      let stream = RandomStream(seed: UInt64(seed))
      let shape = [1 + stream.integer(below: 40, at: 0), 1 + stream.integer(below: 40, at: 1)]
      let matrix = try Tensor.normal(shape, stream.stream("matrix"), dtype: .float64)
      let exact = try matrix.singularValues().max().item()
      let upper = try OperatorNorm.upperBound(ofMatrix: matrix)
      let lower = try OperatorNorm.lowerBound(ofMatrix: matrix, stream: stream.stream("start"))
      #expect(upper >= exact * (1 - 1e-13) && upper <= exact * (1 + 1e-6), "seed \(seed): \(upper) for \(exact)")
      #expect(lower <= exact * (1 + 1e-13) && lower >= exact * 0.9, "seed \(seed): \(lower) for \(exact)")
    }
  }

  @Test func closedForms() throws {
    // Diagonal, orthogonal (all singular values equal: the slowest case), rank one, zero.
    let diagonal = try Tensor([2.0, 0, 0, -9, 0, 0], [3, 2])
    #expect(try isTight(diagonal, 9))
    let orthogonal = try Tensor.normal([64, 64], RandomStream(seed: 1), dtype: .float64).qr().q
    #expect(try isTight(orthogonal, 1, tolerance: 1e-13))
    #expect(try isTight(.ones([30, 20], dtype: .float64), (600.0).squareRoot()))
    #expect(try OperatorNorm.upperBound(ofMatrix: .zeros([3, 4])) == 0)
    let subnormal = Double.leastNormalMagnitude / 1024
    #expect(try isTight(Tensor([subnormal], [1, 1]), subnormal))
  }

  private func isTight(_ matrix: Tensor, _ exact: Double, tolerance: Double = 0) throws -> Bool {
    let bound = try OperatorNorm.upperBound(ofMatrix: matrix)
    return bound >= exact * (1 - tolerance) && bound <= exact * (1 + 1e-6)
  }

  @Test func refusals() throws {
    for bad in [
      try Tensor([Double.nan], [1, 1]), try .ones([3]), try .zeros([0, 3]), try .ones([2, 2], dtype: .int64),
    ] {
      #expect(throws: OperatorNormError.self) { try OperatorNorm.upperBound(ofMatrix: bad) }
    }
  }
}
