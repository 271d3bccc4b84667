import RandomStreams
import Testing
import TorchCore

/// Every differentiable operation against central finite differences in double precision.
@TorchActor
@Suite struct GradientTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let shapes: [[Int]]
    /// Where the inputs lie; away from kinks and poles.
    let range: ClosedRange<Double>
    let apply: @Sendable ([Tensor]) throws -> Tensor
    var testDescription: String { name }
  }

  private nonisolated static func op(
    _ name: String, _ shapes: [[Int]], in range: ClosedRange<Double> = -1...1,
    _ apply: @escaping @Sendable ([Tensor]) throws -> Tensor
  ) -> Case {
    Case(name: name, shapes: shapes, range: range, apply: apply)
  }

  nonisolated static let arithmetic: [Case] = [
    op("a + b", [[2, 3], [3]]) { try $0[0] + $0[1] },
    op("a - b", [[2, 3], [2, 1]]) { try $0[0] - $0[1] },
    op("a * b", [[2, 3], [3]]) { try $0[0] * $0[1] },
    op("a / b", [[2, 3], [3]], in: 0.5...2) { try $0[0] / $0[1] },
    op("a + 2", [[3]]) { try $0[0] + 2 },
    op("a - 2", [[3]]) { try $0[0] - 2 },
    op("a * 2", [[3]]) { try $0[0] * 2 },
    op("a / 3", [[3]]) { try $0[0] / 3 },
    op("2 + a", [[3]]) { try 2 + $0[0] },
    op("2 - a", [[3]]) { try 2 - $0[0] },
    op("2 * a", [[3]]) { try 2 * $0[0] },
    op("2 / a", [[3]], in: 0.5...2) { try 2 / $0[0] },
    op("negated", [[3]]) { try $0[0].negated() },
    op("abs", [[3]], in: 0.1...1) { try ($0[0] * -1).abs() },
    op("sign", [[3]], in: 0.1...1) { try $0[0].sign() * $0[0] },
    op("sqrt", [[3]], in: 0.5...2) { try $0[0].sqrt() },
    op("rsqrt", [[3]], in: 0.5...2) { try $0[0].rsqrt() },
    op("exp", [[3]]) { try $0[0].exp() },
    op("log", [[3]], in: 0.5...2) { try $0[0].log() },
    op("squared", [[3]]) { try $0[0].squared() },
    op("rounded", [[3]], in: 0.6...1.4) { try $0[0].rounded() * $0[0] },
    op("floor", [[3]], in: 0.1...0.9) { try ($0[0] + 2).floor() * $0[0] },
    op("relu", [[8]]) { try $0[0].relu() },
    op("tanh", [[3]]) { try $0[0].tanh() },
    op("sigmoid", [[3]]) { try $0[0].sigmoid() },
    op("gelu", [[3]], in: -2...2) { try $0[0].gelu() },
    op("pow", [[3]], in: 0.5...2) { try $0[0].pow(2.5) },
    op("minimum", [[6], [6]]) { try $0[0].minimum($0[1]) },
    op("maximum", [[6], [6]]) { try $0[0].maximum($0[1]) },
    op("matmul", [[2, 3], [3, 4]]) { try $0[0].matmul($0[1]) },
    op("batched matmul", [[2, 2, 3], [2, 3, 2]]) { try $0[0].matmul($0[1]) },
    op("clamped", [[8]]) { try $0[0].clamped(-0.5, 0.5) },
    op("clamped by tensors", [[8]]) {
      try $0[0].clamped(Tensor.full(-0.4, [8], dtype: .float64), Tensor.full(0.6, [8], dtype: .float64))
    },
    op("addingProduct", [[3], [3], [3]]) { try $0[0].addingProduct($0[1], $0[2], scale: -0.7) },
    op("select", [[6], [6], [6]]) { try $0[0].greater(0).select($0[1], $0[2]) },
  ]

  nonisolated static let reductionsAndShapes: [Case] = [
    op("sum", [[2, 3]]) { try $0[0].sum() },
    op("sum over a dimension", [[2, 3]]) { try $0[0].sum([1]) },
    op("mean", [[2, 3]]) { try $0[0].mean([0], keepingDimensions: true) },
    op("max", [[2, 3]]) { try $0[0].max([1]) },
    op("min", [[2, 3]]) { try $0[0].min() },
    op("norm", [[2, 3]]) { try $0[0].norm(2, [1]) },
    op("1-norm", [[2, 3]]) { try $0[0].norm(1) },
    op("logSumExp", [[2, 3]]) { try $0[0].logSumExp(1) },
    op("top", [[2, 4]]) { try $0[0].top(2, 1).values },
    op("sorted", [[2, 4]]) { try $0[0].sorted(1, descending: true).values },
    op("cumulativeSum", [[2, 3]]) { try $0[0].cumulativeSum(1) },
    op("reshaped", [[2, 3]]) { try $0[0].reshaped([3, -1]) },
    op("flattened", [[2, 3, 2]]) { try $0[0].flattened() },
    op("expanded", [[2, 1]]) { try $0[0].expanded([2, 3]) },
    op("permuted", [[2, 3, 2]]) { try $0[0].permuted([2, 0, 1]) },
    op("transposed", [[2, 3]]) { try $0[0].transposed() },
    op("narrowed", [[2, 4]]) { try $0[0].narrowed(1, from: 1, count: 2) },
    op("strided", [[2, 5]]) { try $0[0].strided(1, from: 1, step: 2) },
    op("flipped", [[2, 3]]) { try $0[0].flipped([0, 1]) },
    op("selecting", [[3, 2]]) { try $0[0].selecting(0, Tensor(indices: [2, 0, 2])) },
    op("gathered", [[2, 3]]) { try $0[0].gathered(1, Tensor([Int64(2), 0], [2, 1])) },
    op("scattering", [[2, 3]]) { try $0[0].scattering(5, 1, Tensor([Int64(2), 0], [2, 1])) },
    op("concatenated", [[2, 3], [1, 3]]) { try Tensor.concatenated($0) },
    op("stacked", [[2], [2]]) { try Tensor.stacked($0, 1) },
    op("padded", [[1, 1, 3, 3]]) { try $0[0].padded(left: 1, right: -1, top: 2, bottom: 0) },
    op("clone", [[3]]) { try $0[0].clone() },
    op("contiguous", [[2, 3]]) { try $0[0].transposed().contiguous() },
    op("channelsLast", [[1, 2, 2, 2]]) { try $0[0].channelsLast() },
    op("to float64", [[3]]) { try $0[0].to(.float64) },
    op("singularValues", [[3, 4]]) { try $0[0].singularValues() },
    // Σλ² as the real parts and the imaginary parts give it: the order of the eigenvalues may change.
    op("eigenvalues", [[4, 4]]) {
      let (real, imaginary) = try $0[0].eigenvalues()
      return try (real.squared() - imaginary.squared()).sum()
    },
    op("symmetricEigenvectors: values", [[3, 3]]) { try ($0[0] + $0[0].transposed()).symmetricEigenvectors().values },
    op("symmetricEigenvectors: function of a matrix", [[3, 3]]) {
      let (values, vectors) = try ($0[0] + $0[0].transposed()).symmetricEigenvectors()
      return try (vectors * values.exp()).matmul(vectors.transposed())
    },
    op("solved", [[3, 3], [3, 2]]) { try ($0[0] + Tensor.eye(3, dtype: .float64) * 4).solved(for: $0[1]) },
    op("batched solved", [[2, 3, 3], [2, 3, 1]]) {
      try ($0[0] + Tensor.eye(3, dtype: .float64) * 4).solved(for: $0[1])
    },
    op("qr: q", [[4, 3]]) { try $0[0].qr().q },
    op("qr: r", [[4, 3]]) { try $0[0].qr().r },
  ]

  nonisolated static let layers: [Case] = [
    op("linear", [[2, 3], [4, 3], [4]]) { try $0[0].linear($0[1], $0[2]) },
    op("linear without bias", [[2, 3], [4, 3]]) { try $0[0].linear($0[1]) },
    op("conv2d", [[2, 2, 4, 5], [3, 2, 3, 3], [3]]) {
      try $0[0].conv2d($0[1], $0[2], ConvolutionGeometry(padding: 1))
    },
    op("conv2d strided, dilated, grouped", [[1, 4, 6, 5], [4, 2, 2, 2]]) {
      try $0[0].conv2d($0[1], nil, ConvolutionGeometry(stride: 2, padding: 1, dilation: 2, groups: 2))
    },
    op("conv2dAdjoint", [[1, 3, 2, 3], [3, 2, 3, 3]]) {
      try $0[0].conv2dAdjoint($0[1], ConvolutionGeometry(stride: 2, padding: 1), inputSize: [4, 5])
    },
    op("batchNorm in training", [[3, 2, 2, 2], [2], [2]]) {
      try $0[0].batchNorm(
        weight: $0[1], bias: $0[2], mean: Tensor.zeros([2], dtype: .float64),
        variance: Tensor.ones([2], dtype: .float64), training: true, momentum: 0.1, epsilon: 1e-5)
    },
    op("batchNorm in evaluation", [[3, 2, 2, 2], [2], [2]]) {
      try $0[0].batchNorm(
        weight: $0[1], bias: $0[2], mean: Tensor.full(0.3, [2], dtype: .float64),
        variance: Tensor.full(0.5, [2], dtype: .float64), training: false, momentum: 0.1, epsilon: 1e-5)
    },
    op("groupNorm", [[2, 4, 2, 2], [4], [4]]) {
      try $0[0].groupNorm(groups: 2, weight: $0[1], bias: $0[2], epsilon: 1e-5)
    },
    op("layerNorm", [[2, 5], [5], [5]]) { try $0[0].layerNorm([5], weight: $0[1], bias: $0[2], epsilon: 1e-5) },
    op("maxPool2d", [[1, 2, 4, 4]]) { try $0[0].maxPool2d(kernel: 3, stride: 2, padding: 1) },
    op("averagePool2d", [[1, 2, 4, 4]]) { try $0[0].averagePool2d(kernel: 3, stride: 2, padding: 1) },
    op("globalAveragePool", [[2, 2, 2, 3]]) { try $0[0].globalAveragePool() },
    op("softmax", [[2, 3]]) { try $0[0].softmax(1) },
    op("logSoftmax", [[2, 3]]) { try $0[0].logSoftmax(1) },
    op("crossEntropy", [[3, 4]]) { try $0[0].crossEntropy(Tensor(indices: [1, 3, 0])) },
    op("crossEntropy per sample", [[3, 4]]) { try $0[0].crossEntropy(Tensor(indices: [1, 3, 0]), perSample: true) },
  ]

  @Test(arguments: arithmetic + reductionsAndShapes + layers) func equalsFiniteDifferences(of subject: Case) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let stream = RandomStream(seed: seed).stream(subject.name)
      let inputs = try subject.shapes.enumerated().map { index, shape in
        try uniform(shape, stream.stream(index), subject.range.lowerBound, subject.range.upperBound)
      }
      let seedTensor = try uniform(subject.apply(inputs).shape, stream.stream("seed"), 0.5, 1.5)
      func objective(_ values: [Tensor]) throws -> Tensor { try (subject.apply(values) * seedTensor).sum() }

      let leaves = try inputs.map { try $0.asLeaf() }
      let slopes = try gradients(of: objective(leaves), withRespectTo: leaves)
      for (index, input) in inputs.enumerated() {
        let analytic = try slopes[index]?.doubles() ?? [Double](repeating: 0, count: input.count)
        let base = try input.doubles()
        let step = 1e-5
        for element in base.indices {
          func value(_ shift: Double) throws -> Double {
            var moved = base
            moved[element] += shift
            var values = inputs
            values[index] = try Tensor(moved, input.shape)
            return try objective(values).item()
          }
          let numeric = try withoutGradients { try (value(step) - value(-step)) / (2 * step) }
          #expect(
            abs(numeric - analytic[element]) <= 1e-7 * max(1, abs(numeric)),
            "\(subject.name), input \(index)[\(element)], seed \(seed): \(analytic[element]), not \(numeric)")
        }
      }
    }
  }

  @Test func namesAreUnique() {
    let names = (Self.arithmetic + Self.reductionsAndShapes + Self.layers).map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test func seedContractsTheJacobian() throws {
    let x = try Tensor([1.0, 2, 3], [3]).asLeaf()
    let slope = try gradients(of: x.squared(), seed: Tensor([1.0, 10, 100], [3]), withRespectTo: [x])[0]
    #expect(try slope?.doubles() == [2, 40, 600])
  }

  @Test func anInputThatDoesNotMatterGivesNil() throws {
    let (x, y) = try (Tensor([1.0], []).asLeaf(), Tensor([1.0], []).asLeaf())
    let slopes = try gradients(of: x * 3, withRespectTo: [y, x])
    #expect(slopes[0] == nil)
    #expect(try slopes[1]?.item() == 3)
  }

  @Test func aRetainedGraphCanBeDifferentiatedAgain() throws {
    let x = try Tensor([2.0], [1]).asLeaf()
    let y = try x.exp()
    let seed = try Tensor.ones([1], dtype: .float64)
    let first = try #require(try gradients(of: y, seed: seed, withRespectTo: [x], retainingGraph: true)[0])
    #expect(!first.requiresGradient, "retained, not recorded")
    let second = try #require(try gradients(of: y, seed: seed * 2, withRespectTo: [x])[0])
    #expect(try second.item() == 2 * first.item())
    #expect(throws: TorchError.self) { try gradients(of: y, seed: seed, withRespectTo: [x]) }
  }

  @Test func gradientsOfGradients() throws {
    let x = try Tensor([2.0], []).asLeaf()
    let first = try #require(try gradients(of: x.pow(3), withRespectTo: [x], recordingGraph: true)[0])
    #expect(try first.item() == 12)
    #expect(try gradients(of: first, withRespectTo: [x])[0]?.item() == 12)
  }

  @Test func withoutGradientsRecordsNothingAndRestores() throws {
    let x = try Tensor([2.0], []).asLeaf()
    #expect(try withoutGradients { try x.exp() }.requiresGradient == false)
    #expect(try x.exp().requiresGradient)
    #expect(throws: TorchError.self) { try withoutGradients { try x.reshaped([2]) } }
    #expect(try x.exp().requiresGradient, "the mode is restored after an error")
    try withoutGradients {
      try withoutGradients { _ = try x.exp() }
      #expect(try x.exp().requiresGradient == false, "nesting restores the outer mode")
    }
  }

  @Test func detachedSharesStorageAndCloneDoesNot() throws {
    let x = try Tensor([1.0, 2.0], [2]).asLeaf()
    let (shared, copy) = try (x.detached(), x.detached().clone())
    try x.assign(Tensor([5.0, 6.0], [2]))
    #expect(try shared.doubles() == [5, 6])
    #expect(try copy.doubles() == [1, 2])
    #expect(!shared.requiresGradient && x.requiresGradient)
  }
}
