import RandomStreams
import Testing
import TorchCore

/// Solutions and decompositions against their defining equations.
@TorchActor
@Suite struct LinearAlgebraTests {
  private let stream = RandomStream(seed: 6).stream("linear algebra")
  private func identity(_ n: Int) throws -> Tensor { try Tensor.eye(n, dtype: .float64) }

  @Test func solvedSolves() throws {
    for (index, (matrix, right)) in [([3, 3], [3]), ([5, 5], [5, 2]), ([4, 3, 3], [4, 3, 1])].enumerated() {
      let a = try uniform(matrix, stream.stream(index).stream("a")) + identity(matrix[matrix.count - 1]) * 3
      let b = try uniform(right, stream.stream(index).stream("b"))
      let x = try a.solved(for: b)
      #expect(x.shape == right)
      #expect(try distance(a.matmul(x), b) < 1e-14)
    }
    let halved = try Tensor([2.0, 0, 0, 4], [2, 2]).solved(for: Tensor([1.0, 1], [2]))
    #expect(try halved.doubles() == [0.5, 0.25])
  }

  @Test func aSingularMatrixIsRefused() throws {
    let singular = try Tensor([1.0, 2, 2, 4], [2, 2])
    #expect(throws: TorchError.self) { try singular.solved(for: Tensor([1.0, 1], [2])) }
  }

  /// The eigenvalues of a rotation are complex, those of a triangular matrix stand on its diagonal.
  @Test func eigenvaluesOfKnownMatrices() throws {
    let rotation = try Tensor([3.0, -4, 4, 3], [2, 2]).eigenvalues()
    #expect(try distance(rotation.real, Tensor([3.0, 3], [2])) < 1e-14)
    #expect(try distance(rotation.imaginary.sorted(0).values, Tensor([-4.0, 4], [2])) < 1e-14)
    let triangular = try Tensor([1.0, 5, 7, 0, -2, 9, 0, 0, 0.5], [3, 3]).eigenvalues()
    #expect(try distance(triangular.real.sorted(0).values, Tensor([-2.0, 0.5, 1], [3])) < 1e-14)
    #expect(try triangular.imaginary.abs().max().item() == 0)
  }

  @Test func symmetricEigenvectorsDiagonalise() throws {
    let a = try uniform([5, 5], stream.stream("symmetric"))
    let symmetric = try a + a.transposed()
    let (values, vectors) = try symmetric.symmetricEigenvectors()
    #expect(try distance(symmetric.matmul(vectors), vectors * values) < 1e-13)
    #expect(try distance(vectors.transposed().matmul(vectors), identity(5)) < 1e-13)
    #expect(try values.doubles() == values.doubles().sorted())
    // Only the lower triangle is read.
    let lower = try Tensor([2.0, 99, 1, 2], [2, 2]).symmetricEigenvectors().values
    #expect(try distance(lower, Tensor([1.0, 3], [2])) < 1e-14)
  }
}
