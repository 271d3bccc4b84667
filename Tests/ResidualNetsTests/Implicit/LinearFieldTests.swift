import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// Backward Euler on linear fields against (I − τA)⁻¹ and its derivatives.
@TorchActor
@Suite struct LinearFieldTests {
  init() throws { try Torch.setThreads(1) }

  nonisolated static let spectra: [[Double]] = [
    [0.2, -0.3, 0.5, -0.1, 0.4],
    [0, 0, 0, 0],
    [-100, -100, -100],
    [-100, -60, -20, -5, -1, -0.1, 0, 0.5],
    [-1000, -1, 0.9],
    // Forward stable nowhere, backward everywhere.
    [-2, -3, -5, -8, -13, -21, -34, -55, -89, -100, -0.5, -0.25],
    // Growth that is faster than the step: the root is there all the same.
    [3, -7, 11],
  ]

  @Test(arguments: spectra) func rootAndGradientsEqualTheInverses(spectrum: [Double]) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let stream = RandomStream(seed: seed).stream("linear \(spectrum)")
      var field = try LinearField(eigenvalues: spectrum, stream)
      let leaves = try (
        h: Tensor.normal([4, spectrum.count], stream.stream("h"), dtype: .float64).asLeaf(), a: field.a.asLeaf(),
        b: field.b.asLeaf()
      )
      (field.a, field.b) = (leaves.a, leaves.b)
      let seedTensor = try Tensor.normal(leaves.h.shape, stream.stream("seed"), dtype: .float64)

      let expected = try field.root(leaves.h, step: 1)
      let actual = try backwardEulerStep(leaves.h, step: 1, solver: exactSolver, site: "linear") { try field($0) }
      try expectClose(actual, expected, within: 1e-8, "root, seed \(seed)")
      let inputs = [leaves.h, leaves.a, leaves.b]
      let exact = try gradients(of: expected, seed: seedTensor, withRespectTo: inputs)
      let implicit = try gradients(of: actual, seed: seedTensor, withRespectTo: inputs)
      for (name, (g, e)) in zip(["h", "A", "b"], zip(implicit, exact)) {
        try expectClose(g, #require(e), within: 1e-7, "gradient in \(name), seed \(seed)")
      }
    }
  }

  /// More unknowns than a Krylov space holds.
  @Test func manyStiffDirections() throws {
    let stream = RandomStream(seed: 4).stream("many")
    let spectrum = try Tensor.uniform([60], stream.stream("spectrum"), dtype: .float64).doubles().map { $0 * -100 }
    let field = try LinearField(eigenvalues: spectrum, stream)
    let h = try Tensor.normal([3, 60], stream.stream("h"), dtype: .float64).asLeaf()
    let solver = ImplicitSolver(tolerance: 1e-10, iterationLimit: 500)
    let actual = try backwardEulerStep(h, step: 1, solver: solver, site: "linear") { try field($0) }
    let expected = try field.root(h, step: 1)
    try expectClose(actual, expected, within: 1e-6)
    let seed = try Tensor.normal(h.shape, stream.stream("seed"), dtype: .float64)
    let implicit = try gradients(of: actual, seed: seed, withRespectTo: [h])[0]
    try expectClose(implicit, #require(gradients(of: expected, seed: seed, withRespectTo: [h])[0]), within: 1e-6)
  }

  /// A convolution's matrix, row by row: what it makes of each unit image.
  @Test(arguments: [false, true]) func convolutionEqualsItsMatrix(channelsLast: Bool) throws {
    let stream = RandomStream(seed: 5).stream("convolution")
    let shape = [2, 3, 4]
    let count = 24
    let weight = try (Tensor.normal([2, 2, 3, 3], stream.stream("weight"), dtype: .float64) * 2).asLeaf()
    func field(_ z: Tensor) throws -> Tensor { try z.conv2d(weight, nil, ConvolutionGeometry(padding: 1)) }
    let images = try Tensor.normal([3] + shape, stream.stream("h"), dtype: .float64)
    let h = try (channelsLast ? images.channelsLast() : images).asLeaf()

    let matrix = try field(Tensor.eye(count, dtype: .float64).reshaped([count] + shape)).flattened()
    let inverted = try (Tensor.eye(count, dtype: .float64) - matrix * 0.7).transposed()
    let expected = try inverted.solved(for: h.flattened().transposed()).transposed().reshaped([3] + shape)
    let actual = try backwardEulerStep(h, step: 0.7, solver: exactSolver, site: "convolution", field)
    try expectClose(actual, expected, within: 1e-8)
    let seed = try Tensor.normal(h.shape, stream.stream("seed"), dtype: .float64)
    let implicit = try gradients(of: actual, seed: seed, withRespectTo: [h, weight])
    let exact = try gradients(of: expected, seed: seed, withRespectTo: [h, weight])
    for (g, e) in zip(implicit, exact) { try expectClose(g, #require(e), within: 1e-7) }
  }

  /// Single precision reaches the default tolerance on mild fields and on stiff ones.
  @Test(arguments: spectra) func singlePrecisionConverges(spectrum: [Double]) throws {
    let stream = RandomStream(seed: 6).stream("single \(spectrum)")
    let field = try LinearField(eigenvalues: spectrum, stream)
    let h = try Tensor.normal([4, spectrum.count], stream.stream("h"), dtype: .float64)
    let (a, b) = try (field.a.to(.float32), field.b.to(.float32))
    let leaf = try h.to(.float32).asLeaf()
    let root = try backwardEulerStep(leaf, step: 1, solver: ImplicitSolver(), site: "single") { try $0.matmul(a) + b }
    #expect(try root.dtype == .float32)
    // τF(z) is of the size of τ‖A‖‖z‖, so a residual of 1e-5 is not far from its rounding.
    try expectClose(root, field.root(h, step: 1), within: 1e-3)
    let slope = try gradients(of: root.sum(), withRespectTo: [leaf])[0]
    let exact = try h.asLeaf()
    let expected = try #require(try gradients(of: field.root(exact, step: 1).sum(), withRespectTo: [exact])[0])
    try expectClose(slope, expected, within: 1e-3)
  }
}
