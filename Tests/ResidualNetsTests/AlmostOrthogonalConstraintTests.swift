import Foundation
import OperatorNorms
import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// Constrained layers against their explicit matrices.
@TorchActor @Suite struct AlmostOrthogonalConstraintTests {
  struct Case: Sendable {
    let outputs: Int
    let inputs: Int
    let kernel: [Int]
    let stride: [Int]
    let padding: [Int]
    let groups: Int
    let size: [Int]
    let seed: Int

    /// Kernels and strides of different sides, both directions of every layer, and groups.
    init(seed: Int) {
      let draws = RandomStream(seed: UInt64(seed)).stream("almost orthogonal")
      var place: UInt64 = 0
      func draw(_ range: ClosedRange<Int>) -> Int {
        place += 1
        return range.lowerBound + draws.integer(below: range.count, at: place)
      }
      self.seed = seed
      groups = draw(1...3)
      (outputs, inputs) = (groups * draw(1...6), groups * draw(1...3))
      let kernel = [draw(1...4), draw(1...4)]
      self.kernel = kernel
      stride = [draw(1...3), draw(1...3)]
      padding = kernel.map { draw(0...$0 / 2) }
      size = kernel.map { $0 + draw(0...5) }
    }

    var geometry: ConvolutionGeometry {
      ConvolutionGeometry(stride: stride, padding: padding, dilation: [1, 1], groups: groups)
    }

    func weight() throws -> Tensor {
      let stream = RandomStream(seed: UInt64(seed)).stream("weight")
      return try Tensor.normal([outputs, inputs / groups] + kernel, stream, dtype: .float64) * 3
    }
  }

  private func norm(_ weight: Tensor, _ it: Case) throws -> Double {
    try ConvolutionOperator(weight: weight, geometry: it.geometry, inputSize: it.size).matrix().singularValues().max()
      .item()
  }

  @Test func noConvolutionExceedsItsBudget() throws {
    var largest = 0.0
    for seed in 0..<150 {
      let it = Case(seed: seed)
      let constraint = AlmostOrthogonalConstraint(budget: 0.8)
      let kept = try constraint.constrain(kernel: it.weight(), it.geometry, it.size, .evaluation)
      let norm = try norm(kept, it)
      largest = max(largest, norm)
      #expect(norm <= 0.8 * (1 + 1e-12) && norm > 0.05, "\(it): \(norm)")
    }
    #expect(largest > 0.79)
  }

  /// D of an image so large that one window lies wholly inside and meets all others that it overlaps: the row sums of
  /// |A Aᵀ| there, or the largest column sums of |Aᵀ A| over a window's pixels, of the explicit matrix.
  @Test(arguments: [(4, 3, [3, 3], 1), (5, 2, [3, 2], 2), (2, 5, [4, 4], 2), (7, 2, [3, 3], 1), (9, 1, [4, 4], 2)])
  func factorsAreThoseOfTheExplicitMatrix(outputs: Int, inputs: Int, kernel: [Int], stride: Int) throws {
    let weight = try Tensor.normal([outputs, inputs] + kernel, RandomStream(seed: 8), dtype: .float64)
    let geometry = ConvolutionGeometry(stride: stride)
    let size = kernel.map { 3 * $0 + 4 * stride }
    let kept = try AlmostOrthogonalConstraint(budget: 2).constrain(kernel: weight, geometry, size, .evaluation)
    let factors = try kept / weight
    let operation = try ConvolutionOperator(weight: weight, geometry: geometry, inputSize: size)
    let a = try operation.matrix()
    let byOutputs = outputs <= inputs * stride * stride
    let products = try byOutputs ? a.matmul(a.transposed()) : a.transposed().matmul(a)
    let channels = byOutputs ? outputs : inputs
    // Towards the edges windows have fewer neighbours, so the largest sum of a channel is one inside.
    let sums = try products.abs().sum([1]).reshaped([channels, -1]).max([1]).doubles()
    for (channel, sum) in sums.enumerated() {
      let factor = try factors.narrowed(byOutputs ? 0 : 1, from: channel, count: 1).doubles()
      #expect(factor.allSatisfy { abs($0 - 2 / sum.squareRoot()) < 1e-12 }, "channel \(channel)")
    }
  }

  /// The formula entry by entry, for more and for fewer outputs than inputs.
  @Test(arguments: [(3, 5), (5, 3), (1, 4), (4, 1)]) func matricesAreTheirFormula(rows: Int, columns: Int) throws {
    let weight = try Tensor.normal([rows, columns], RandomStream(seed: 2), dtype: .float64)
    let w = try weight.doubles()
    let byRows = rows <= columns
    let count = byRows ? rows : columns
    func entry(_ member: Int, _ other: Int) -> Double {
      w[byRows ? member * columns + other : other * columns + member]
    }
    let inner = byRows ? columns : rows
    let factors = (0..<count).map { i in
      let sum = (0..<count).map { j in abs((0..<inner).map { entry(i, $0) * entry(j, $0) }.reduce(0, +)) }.reduce(0, +)
      return 0.5 / sum.squareRoot()
    }
    let kept = try AlmostOrthogonalConstraint(budget: 0.5).constrain(matrix: weight, .training)
    for (place, value) in try kept.doubles().enumerated() {
      #expect(abs(value - w[place] * factors[byRows ? place / columns : place % columns]) < 1e-14)
    }
    #expect(try kept.singularValues().max().item() <= 0.5 * (1 + 1e-14))
  }

  /// Where rows or columns are orthogonal, the budget is used up exactly, whatever their lengths.
  @Test(arguments: [(3, 6), (6, 3)]) func anOrthogonalMatrixHasTheWholeBudget(rows: Int, columns: Int) throws {
    let tall = try Tensor.normal([6, 3], RandomStream(seed: 3), dtype: .float64).qr().q
    let lengths = try Tensor([0.5, 7, 2] as [Double], [1, 3])
    let weight = try rows > columns ? tall * lengths : (tall * lengths).transposed()
    let values = try AlmostOrthogonalConstraint(budget: 3).constrain(matrix: weight, .training).singularValues()
    #expect(try values.doubles().allSatisfy { abs($0 - 3) < 1e-12 })
  }

  @Test func gradientsAreThoseOfFiniteDifferences() throws {
    for seed in 0..<12 {
      let it = Case(seed: seed)
      let constraint = AlmostOrthogonalConstraint(budget: 1.5)
      let weight = try it.weight().asLeaf()
      let up = try Tensor.normal(weight.shape, RandomStream(seed: 9), dtype: .float64)
      func value(_ w: Tensor) throws -> Tensor {
        try (constraint.constrain(kernel: w, it.geometry, it.size, .training) * up).sum()
      }
      let slope = try #require(try gradients(of: value(weight), withRespectTo: [weight])[0])
      let along = try Tensor.normal(weight.shape, RandomStream(seed: 10), dtype: .float64)
      let plain = try weight.detached()
      let difference = try (value(plain + along * 1e-6).item() - value(plain - along * 1e-6).item()) / 2e-6
      #expect(abs(try (slope * along).sum().item() - difference) < 1e-5 * max(1, abs(difference)), "\(it)")
    }
  }

  /// A channel that nothing reads stays so, and can start to learn.
  @Test func zerosStayZero() throws {
    let constraint = AlmostOrthogonalConstraint(budget: 1)
    for weight in [try Tensor.zeros([3, 4]), try Tensor.zeros([4, 3]), try Tensor.eye(4) * 1e-15] {
      let leaf = try weight.asLeaf()
      let kept = try constraint.constrain(matrix: leaf, .training)
      #expect(try kept.isFinite().allTrue() && kept.detached().abs().max().item() <= 1.0001)
      #expect(try gradients(of: kept.sum(), withRespectTo: [leaf])[0]?.isFinite().allTrue() == true)
    }
  }

  @Test func aDilatedKernelIsRefused() throws {
    let geometry = ConvolutionGeometry(stride: 1, padding: 2, dilation: 2)
    #expect(throws: DescriptionError.self) {
      try AlmostOrthogonalConstraint(budget: 1).constrain(kernel: .ones([1, 1, 3, 3]), geometry, [8, 8], .training)
    }
  }

  /// In whole networks, with and without a task's corrections: every deployed layer's rigorous norm is within rounding
  /// of its budget, and nothing but the weights is stored.
  @Test(arguments: NetworkCase.variants.filter { $0.description.constraint == .almostOrthogonal })
  func deployedLayersKeepTheirBudget(subject: NetworkCase) throws {
    for withAdapter in [false, true] {
      var subject = subject
      subject.withAdapter = withAdapter
      let network = try subject.makeRandom(RandomStream(seed: 6))
      for parameter in network.allParameters.values { try parameter.value.assign(parameter.value * 7) }
      #expect(Members(of: network.trunk).buffers.keys.allSatisfy { $0.hasPrefix("normalize") })
      let passage = Passage(adapter: network.adapter, mode: .evaluation)
      func check(_ layer: some AdaptableLayer, isOuter: Bool) throws {
        let bound = try layer.operatorBounds(of: passage.merged(layer).weight.detached()).norm
        let budget = isOuter ? 1 : try #require(subject.description.branchBudget)
        #expect(bound <= budget * (1 + 1e-5) && bound > 0.2 * budget, "\(layer.site): \(bound)")
      }
      for layer in network.trunk.adaptableConvolutions {
        try check(layer, isOuter: layer.site == "conv1" || layer.site.contains("downsample"))
      }
      for layer in network.trunk.adaptableLinears { try check(layer, isOuter: layer.site == "input") }
    }
  }
}
