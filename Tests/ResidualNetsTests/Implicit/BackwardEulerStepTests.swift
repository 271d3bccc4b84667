import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// What a backward Euler step promises beyond its value: independence of samples, typed failures, bounded memory.
@TorchActor
@Suite struct BackwardEulerStepTests {
  init() throws { try Torch.setThreads(1) }

  private let h = RandomStream(seed: 9).stream("h")

  private func failure(
    _ h: Tensor, step: Double = 1, solver: ImplicitSolver = ImplicitSolver(), _ field: (Tensor) throws -> Tensor
  ) -> SolverFailure? {
    #expect(throws: SolverFailure.self) {
      try backwardEulerStep(h, step: step, solver: solver, site: "stage 1, block 2", field)
    }
  }

  /// z = h − z³, where the plain iteration converges for the first sample only.
  @Test func samplesDoNotInfluenceEachOther() throws {
    let sizes = [0, 1e-3, 1, 10, 1e3, 1e5]
    let base = try Tensor.normal([sizes.count, 2, 3], h, dtype: .float64)
    let batch = try base * Tensor(sizes, [sizes.count, 1, 1])
    func cubic(_ z: Tensor) throws -> Tensor { try z * z * z * -1 }
    let together = try backwardEulerStep(batch, step: 1, solver: exactSolver, site: "cubic", cubic)
    let residual = try batch + cubic(together) - together
    for (index, size) in sizes.enumerated() {
      let one = try batch.narrowed(0, from: index, count: 1)
      let alone = try backwardEulerStep(one, step: 1, solver: exactSolver, site: "cubic", cubic)
      try expectClose(together.narrowed(0, from: index, count: 1), alone, within: 1e-10, "sample \(index)")
      let left = try residual.narrowed(0, from: index, count: 1).norm().item()
      #expect(try left <= 2e-12 * (one.norm().item() + alone.norm().item()), "sample of size \(size)")
    }
  }

  /// F(z) = −φ(zW + b)Wᵀ is monotone where φ is, so that the root exists and is unique at any step (Ruthotto and Haber
  /// 2020, §3); here τF's slopes reach −100, and the plain iteration diverges.
  @Test(arguments: [DType.float32, .float64]) func monotoneFieldsConvergeWhateverTheirStiffness(dtype: DType) throws {
    for seed in 1...10 as ClosedRange<UInt64> {
      let stream = RandomStream(seed: seed).stream("monotone")
      let drawn = try Tensor.normal([12, 16], stream.stream("weight"), dtype: .float64)
      let weight = try (drawn * (10 / drawn.singularValues().max().item())).to(dtype)
      let bias = try Tensor.normal([16], stream.stream("bias"), dtype: dtype)
      let start = try Tensor.normal([6, 12], stream.stream("h"), dtype: dtype)
      for (name, activation) in [("tanh", { try $0.tanh() }), ("relu", { try $0.relu() })]
        as [(
          String, (Tensor) throws -> Tensor
        )]
      {
        func field(_ z: Tensor) throws -> Tensor {
          try activation(z.matmul(weight) + bias).matmul(weight.transposed()) * -1
        }
        let solver = dtype == .float64 ? exactSolver : ImplicitSolver()
        let root = try backwardEulerStep(start, step: 1, solver: solver, site: "\(name), seed \(seed)", field)
        let left = try (start + field(root) - root).norm(2, [1]) / (start.norm(2, [1]) + root.norm(2, [1]))
        #expect(try left.max().item() <= solver.tolerance * 1.01, "\(name), seed \(seed)")
      }
    }
  }

  /// At z = 0 nothing but F itself gives a difference its width.
  @Test(arguments: [DType.float32, .float64]) func aSampleOfZerosIsASampleToo(dtype: DType) throws {
    let start = try Tensor([0.0, 0, 0, 1e-12, 0, 0, 1, 2, 3], [3, 3]).to(dtype)
    let bias = try Tensor([1.0, -2, 0.1], [3]).to(dtype)
    let solver = dtype == .float64 ? exactSolver : ImplicitSolver()
    let root = try backwardEulerStep(start, step: 1, solver: solver, site: "block") { try $0 * -50 + bias }
    try expectClose(root, (start + bias) / 51, within: solver.tolerance * 100)
    let still = try backwardEulerStep(start, step: 1, solver: solver, site: "block") { try $0.tanh() * -1 }
    #expect(try still.narrowed(0, from: 0, count: 1).doubles() == [0, 0, 0], "a root at the start stays")
  }

  @Test func aStepWithoutARootFails() throws {
    let error = failure(try Tensor.zeros([2, 3], dtype: .float64)) { try $0.squared() + 1 }
    #expect(error?.equation == .step && error?.reason == .stalled)
    #expect(error?.site == "stage 1, block 2" && error?.step == 1)
    let text = error?.description ?? ""
    for part in ["stage 1, block 2", "residual", "smaller step", "fp64", "step size 1.0"] {
      #expect(text.contains(part))
    }
  }

  /// One sample without a root fails the batch; the others do not hide it.
  @Test func oneSampleWithoutARootFails() throws {
    let error = failure(try Tensor([-5.0, -5, 0], [3, 1])) { try $0.squared() + 1 }
    #expect(error?.reason == .stalled)
  }

  @Test func tooFewIterationsFail() throws {
    let start = try Tensor.normal([2, 4], h, dtype: .float64)
    let solver = ImplicitSolver(tolerance: 1e-10, iterationLimit: 1)
    let error = failure(start, step: 3, solver: solver) { try ($0 * 5).tanh() * -1 }
    #expect(error?.reason == .iterationLimit && error?.iterations == 1 && error?.step == 3)
    #expect((error?.residual ?? 0) > 1e-10)
    #expect(failure(start, solver: ImplicitSolver(iterationLimit: -1)) { try $0.tanh() }?.iterations == 0)
  }

  @Test(arguments: [Double.nan, .infinity]) func valuesThatAreNotFiniteFail(value: Double) throws {
    let input = try Tensor([1.0, value, 2, 3], [2, 2])
    #expect(failure(input) { try $0 * 0.5 }?.reason == .notFinite)
    #expect(failure(try Tensor([1.0, 2, 3, 4], [2, 2])) { try $0 * value }?.reason == .notFinite)
    // At the input all is well, next to it not.
    var calls = 0
    let error = failure(try Tensor([1.0, 2, 3, 4], [2, 2])) {
      calls += 1
      return try $0 * (calls == 1 ? 0.5 : value)
    }
    #expect(error?.reason == .notFinite)
  }

  /// I − τJ is singular at the root z = 0: there is a root, but no gradient.
  @Test func aSingularAdjointFails() throws {
    let start = try Tensor.zeros([2, 3], dtype: .float64).asLeaf()
    let root = try backwardEulerStep(start, step: 1, solver: exactSolver, site: "stage 1, block 2") { try $0 * 1 }
    do {
      _ = try gradients(of: root.sum(), withRespectTo: [start])
      Issue.record("there is no gradient")
    } catch let error as TorchError {
      #expect(error.message.contains("the gradient of the backward Euler step of stage 1, block 2 stalled"))
    }
  }

  @Test func shapesAndTypesThatDoNotFitAreRefused() throws {
    for (input, field) in [
      (try Tensor.ones([3]), { @Sendable in $0 }), (try Tensor.ones([2, 3]).to(.float16), { $0 }),
      (try Tensor.ones([2, 3]), { try $0.sum([1], keepingDimensions: true) }),
    ] as [(Tensor, (Tensor) throws -> Tensor)] {
      #expect(throws: TorchError.self) {
        try backwardEulerStep(input, step: 1, solver: ImplicitSolver(), site: "block", field)
      }
    }
  }

  /// The search records nothing, the result one evaluation; the backward pass evaluates no field.
  @Test func oneEvaluationIsRecorded() throws {
    let start = try Tensor.normal([2, 4], h, dtype: .float64)
    for (inputWants, weightWants, recorded) in [(true, true, 1), (true, false, 1), (false, true, 2), (false, false, 0)]
    {
      let input = try inputWants ? start.asLeaf() : start
      let weight = try weightWants ? Tensor([-30.0], []).asLeaf() : Tensor([-30.0], [])
      var (searching, recording) = (0, 0)
      let root = try backwardEulerStep(input, step: 1, solver: exactSolver, site: "block") {
        let value = try ($0 * weight).tanh() * 2
        if value.requiresGradient { recording += 1 } else { searching += 1 }
        return value
      }
      #expect(searching > 3)
      // Where only the weights want gradients, an evaluation finds out that they do.
      #expect(recording == recorded)
      #expect(root.requiresGradient == (inputWants || weightWants))
      guard root.requiresGradient else { continue }
      let before = searching + recording
      _ = try gradients(of: root.sum(), withRespectTo: [inputWants ? input : weight])
      #expect(searching + recording == before)
    }
    let leaf = try start.asLeaf()
    let silent = try withoutGradients {
      try backwardEulerStep(leaf, step: 1, solver: exactSolver, site: "block") {
        #expect(!Torch.recordsGradients)
        return try $0.tanh() * -1
      }
    }
    #expect(!silent.requiresGradient)
    let loud = try backwardEulerStep(leaf, step: 1, solver: exactSolver, site: "block") { try $0.tanh() * -1 }
    #expect(try silent.host() == loud.detached().host(), "gradients do not change the value")
  }

  /// A mild field costs what the documentation says.
  @Test func aMildFieldIsEvaluatedAFewTimes() throws {
    let stream = RandomStream(seed: 10).stream("mild")
    let field = try TwoLayerField(features: 32, hidden: 32, lipschitz: 0.5, stream) { try $0.relu() }
    var calls = 0
    _ = try backwardEulerStep(
      Tensor.normal([16, 32], h, dtype: .float64), step: 1, solver: ImplicitSolver(), site: "mild"
    ) {
      calls += 1
      return try field($0)
    }
    #expect(calls <= 15, "\(calls) evaluations")
  }

  private final class Token {}

  /// The field's graph holds the token through a hook on one of its tensors: it goes when the graph goes.
  @Test(arguments: [false, true]) func theGraphIsFreed(differentiated: Bool) throws {
    weak var watched: Token?
    do {
      let token = Token()
      watched = token
      let start = try Tensor.normal([2, 4], h, dtype: .float64).asLeaf()
      let root = try backwardEulerStep(start, step: 1, solver: exactSolver, site: "block") {
        let value = try $0.tanh() * -1
        guard value.requiresGradient else { return value }
        try value.replacingGradient { [token] in
          _ = token
          return $0
        }
        return value
      }
      #expect(watched != nil)
      if differentiated { _ = try gradients(of: root.sum(), withRespectTo: [start]) }
    }
    #expect(watched == nil)
  }

  @Test func twoRunsGiveTheSameBits() throws {
    let stream = RandomStream(seed: 11).stream("bits")
    let field = try TwoLayerField(features: 20, hidden: 30, lipschitz: 3, stream) { try $0.tanh() }
    func run() throws -> [[Double]] {
      let start = try Tensor.normal([8, 20], h, dtype: .float64).asLeaf()
      let root = try backwardEulerStep(start, step: 1, solver: ImplicitSolver(), site: "block") { try field($0) }
      let slope = try #require(try gradients(of: root.squared().sum(), withRespectTo: [start])[0])
      return try [root.detached().doubles(), slope.doubles()]
    }
    #expect(try run() == run())
  }
}
