import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// The implicit gradient of nonlinear fields against the unrolled iteration's and against central differences.
@TorchActor
@Suite struct ImplicitGradientTests {
  init() throws { try Torch.setThreads(1) }

  /// z ← h + τF(z), 200 times, every iteration differentiated.
  @Test(arguments: ["tanh", "relu"]) func equalsTheUnrolledIterations(activation: String) throws {
    for seed in 1...15 as ClosedRange<UInt64> {
      let stream = RandomStream(seed: seed).stream("unrolled \(activation)")
      let (features, hidden) = (3 + Int(seed % 4), 5 + Int(seed % 3))
      let step = 0.5
      var field = try TwoLayerField(features: features, hidden: hidden, lipschitz: 0.8 / step, stream) {
        try activation == "tanh" ? $0.tanh() : $0.relu()
      }
      field.parameters = try field.parameters.map { try $0.asLeaf() }
      let h = try Tensor.normal([4, features], stream.stream("h"), dtype: .float64).asLeaf()
      let inputs = [h] + field.parameters
      let weights = try Tensor.normal(h.shape, stream.stream("seed"), dtype: .float64)

      var unrolled: Tensor = h
      for _ in 0..<200 { unrolled = try h + field(unrolled) * step }
      let root = try backwardEulerStep(h, step: step, solver: exactSolver, site: "block") { try field($0) }
      try expectClose(root, unrolled, within: 1e-10, "root, seed \(seed)")
      // A loss that is not linear, so that the gradient which arrives depends on the root.
      let implicit = try gradients(of: (root.squared() * weights).sum(), withRespectTo: inputs)
      let expected = try gradients(of: (unrolled.squared() * weights).sum(), withRespectTo: inputs)
      for (index, (g, e)) in zip(implicit, expected).enumerated() {
        try expectClose(g, #require(e), within: 1e-6, "input \(index), seed \(seed)")
      }
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let shape: [Int]
    let parameters: [[Int]]
    let step: Double
    let field: @Sendable (Tensor, [Tensor]) throws -> Tensor
  }

  nonisolated static let cases: [Case] = [
    Case(
      testDescription: "convolutions", shape: [2, 2, 3, 3], parameters: [[3, 2, 3, 3], [3], [2, 3, 3, 3]], step: 0.6
    ) {
      let geometry = ConvolutionGeometry(padding: 1)
      return try $0.conv2d($1[0], $1[1], geometry).tanh().conv2d($1[2], nil, geometry)
    },
    Case(testDescription: "attention", shape: [2, 3, 4], parameters: [[4, 4], [4, 4]], step: 0.5) {
      try $0.matmul($1[0]).matmul($0.permuted([0, 2, 1])).softmax(2).matmul($0).matmul($1[1])
    },
    Case(testDescription: "group norm", shape: [2, 4, 2, 2], parameters: [[4], [4]], step: 0.3) {
      try $0.groupNorm(groups: 2, weight: $1[0], bias: $1[1], epsilon: 1e-5).gelu()
    },
    // Slope −100 near zero: the plain iteration is thrown from one end of tanh to the other.
    Case(testDescription: "stiff", shape: [3, 4], parameters: [[4]], step: 1) {
      try ($0 * 50).tanh() * -2 + $1[0]
    },
  ]

  @Test(arguments: cases) func equalsCentralDifferences(of subject: Case) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let stream = RandomStream(seed: seed).stream(subject.testDescription)
      let inputs = try ([subject.shape] + subject.parameters).enumerated().map { index, shape in
        try Tensor.normal(shape, stream.stream(index), dtype: .float64) * (index == 0 ? 1 : 0.4)
      }
      let weights = try Tensor.normal(subject.shape, stream.stream("seed"), dtype: .float64)
      func objective(_ values: [Tensor]) throws -> Tensor {
        let root = try backwardEulerStep(values[0], step: subject.step, solver: exactSolver, site: "block") {
          try subject.field($0, Array(values.dropFirst()))
        }
        return try (root.squared() * weights).sum()
      }
      let leaves = try inputs.map { try $0.asLeaf() }
      let slopes = try gradients(of: objective(leaves), withRespectTo: leaves)
      for (index, input) in inputs.enumerated() {
        // Along a random direction.
        let direction = try Tensor.normal(input.shape, stream.stream("direction").stream(index), dtype: .float64)
        let analytic = try (#require(slopes[index]) * direction).sum().item()
        func value(_ shift: Double) throws -> Double {
          var moved = inputs
          moved[index] = try input + direction * shift
          return try objective(moved).item()
        }
        let width = 1e-5
        let numeric = try (value(width) - value(-width)) / (2 * width)
        #expect(
          abs(numeric - analytic) <= 1e-6 * max(1, abs(numeric)),
          "input \(index), seed \(seed): \(analytic), not \(numeric)")
      }
    }
  }

  /// The hook stands before the result: what arrives at the result itself is not replaced.
  @Test func theGradientAtTheResultIsTheOneThatArrives() throws {
    let h = try Tensor([1.0, -2], [1, 2]).asLeaf()
    let root = try backwardEulerStep(h, step: 1, solver: exactSolver, site: "block") { try $0 * -3 }
    let slopes = try gradients(of: (root * 5).sum(), withRespectTo: [root, h])
    #expect(try slopes[0]?.doubles() == [5, 5])
    let again = try backwardEulerStep(h, step: 1, solver: exactSolver, site: "block") { try $0 * -3 }
    #expect(try gradients(of: (again * 5).sum(), withRespectTo: [again])[0]?.doubles() == [5, 5], "asked for alone")
    try expectClose(slopes[1], Tensor([1.25, 1.25], [1, 2]), within: 1e-12)
  }

  /// Steps in a row, as in a network: each block's system is solved in the pass.
  @Test func stepsInARow() throws {
    let h = try Tensor([1.0, -2, 0.5], [1, 3]).asLeaf()
    var z: Tensor = h
    for _ in 0..<10 { z = try backwardEulerStep(z, step: 0.5, solver: exactSolver, site: "block") { try $0 * -2 } }
    try expectClose(z, h * 0x1p-10, within: 1e-10)
    let slope = try gradients(of: z.sum(), withRespectTo: [h])[0]
    try expectClose(slope, Tensor.full(0x1p-10, [1, 3], dtype: .float64), within: 1e-10)
  }

  @Test func aFieldThatDoesNotReadItsInput() throws {
    let h = try Tensor([1.0, -2], [1, 2]).asLeaf()
    let (constant, bias) = try (Tensor([3.0, 4], [1, 2]), Tensor([3.0, 4], [1, 2]).asLeaf())
    let root = try backwardEulerStep(h, step: 0.5, solver: exactSolver, site: "block") { _ in constant }
    try expectClose(root, Tensor([2.5, 0], [1, 2]), within: 1e-12)
    let ones = try Tensor.ones([1, 2], dtype: .float64)
    try expectClose(gradients(of: root.sum(), withRespectTo: [h])[0], ones, within: 1e-12)
    let shifted = try backwardEulerStep(h, step: 0.5, solver: exactSolver, site: "block") { _ in bias }
    let slopes = try gradients(of: shifted.sum(), withRespectTo: [h, bias])
    try expectClose(slopes[0], ones, within: 1e-12)
    try expectClose(slopes[1], ones * 0.5, within: 1e-12)
  }

  @Test func secondDerivativesAreRefused() throws {
    let h = try Tensor([1.0, -2], [1, 2]).asLeaf()
    let root = try backwardEulerStep(h, step: 1, solver: exactSolver, site: "stage 2, block 3") { try $0.tanh() * -1 }
    do {
      _ = try gradients(of: root.squared().sum(), withRespectTo: [h], recordingGraph: true)
      Issue.record("a wrong second derivative would follow")
    } catch let error as TorchError {
      #expect(error.message.contains("no second derivatives"))
      #expect(error.message.contains("stage 2, block 3"))
    }
  }
}
