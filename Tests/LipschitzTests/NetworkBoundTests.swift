import Lipschitz
import OperatorNorms
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@TorchActor @Suite struct NetworkBoundTests {
  /// LipSDP's example networks: the products of spectral norms that LipSDP and ECLipsE print.
  @Test func publishedProducts() throws {
    for (name, product, lower) in [("random_weights", 43.306, 36.48223), ("mnist_weights", 31.504, 24.0)] {
      let network = try perceptron(fixture: name)
      let bound = try network.lipschitzBound()
      #expect(abs(bound.upper - product) < 0.0005, "\(name): \(bound.upper)")
      #expect(bound.upper >= lower)
    }
    // All weights of the first are positive, so its Jacobian at positive inputs is the product of all matrices.
    let network = try perceptron(fixture: "random_weights")
    let found = try lipschitzLowerBound(
      of: network, pixels: .ones([1, 2], dtype: .float64), iterations: 100, stream: RandomStream(seed: 1))
    #expect(abs(found.value - 36.48223) < 1e-5)
  }

  @Test func deepLinearNetworksLieAboveTheirProduct() throws {
    for seed in 0..<50 {
      let stream = RandomStream(seed: UInt64(seed))
      let widths = (0..<6).map { 2 + stream.integer(below: 12, at: UInt64($0)) }
      let weights = try (1..<6).map {
        try Tensor.normal([widths[$0], widths[$0 - 1]], stream.stream($0), dtype: .float64)
      }
      let network = try perceptron(weights, relu: false)
      let product = try weights.dropFirst().reduce(weights[0]) { try $1.matmul($0) }
      let exact = try product.singularValues().max().item()
      let factors = try weights.map { try $0.singularValues().max().item() }.reduce(1, *)
      let upper = try network.lipschitzBound().upper
      #expect(upper >= exact && upper >= factors * (1 - 1e-13) && upper <= factors * (1 + 1e-5), "seed \(seed)")
      let lower = try lipschitzLowerBound(
        of: network, pixels: .zeros([1, widths[0]]), iterations: 200, stream: stream.stream("start")
      ).value
      #expect(lower <= exact && lower >= 0.99 * exact, "seed \(seed): \(lower) for \(exact)")
    }
  }

  @Test func aResidualBlockIsOnePlusItsBranch() throws {
    for (seed, scale) in [(0, 1.0), (1, 0.25), (2, -3)] {
      let weight = try Tensor.normal([7, 7], RandomStream(seed: UInt64(seed)), dtype: .float64)
      let block = Stage(
        "block", .residual(shortcut: [], branch: [Stage("f", .linear(weight: weight, bias: nil))], branchScale: scale))
      let network = DeployedNetwork(
        inputShape: [7], body: [block], headWeight: try .eye(7, dtype: .float64), headBias: try .zeros([7]))
      let bound = try network.lipschitzBound(powerIterations: 100)
      let branch = try weight.singularValues().max().item()
      let sum = try (Tensor.eye(7, dtype: .float64) + weight * scale).singularValues().max().item()
      #expect(bound.upper >= sum && abs(bound.upper - (1 + abs(scale) * branch)) < 1e-4)
      #expect(bound.blocks.map(\.name) == ["block"] && bound.blocks[0].shortcut == 1)
      #expect(bound.layers.map(\.name) == ["f", "head"])
      let lower = try #require(bound.layers[0].lower)
      #expect(lower <= branch && lower > 0.98 * branch)
    }
  }

  /// S h + α F h with S = 5·identity and F orthogonal of norm 1: ‖S‖ + |α| is reached where F has the eigenvalue 1.
  @Test func aProjectionShortcutCounts() throws {
    let five = try Tensor.eye(6, dtype: .float64) * 5
    let swap = try Tensor.eye(6, dtype: .float64).flipped([0])
    let block = Stage(
      "block",
      .residual(
        shortcut: [Stage("s", .linear(weight: five, bias: nil))],
        branch: [Stage("f", .linear(weight: swap, bias: nil))], branchScale: 2))
    let network = DeployedNetwork(
      inputShape: [6], body: [block], headWeight: try .eye(6, dtype: .float64), headBias: try .zeros([6]))
    let bound = try network.lipschitzBound()
    #expect(bound.upper >= 7 && bound.upper < 7 * (1 + 1e-5))
    #expect(bound.layers.map(\.name) == ["s", "f", "head"] && bound.blocks[0].shortcut >= 5)
  }

  @Test func constantsOfTheOtherLayers() throws {
    func bound(_ operation: Operation, _ input: [Int]) throws -> Double {
      try DeployedNetwork(
        inputShape: input, body: [Stage("layer", operation), Stage("flatten", .flatten)],
        headWeight: .zeros([1, width(operation, input)]), headBias: .zeros([1])
      ).lipschitzBound().featureUpper
    }
    func width(_ operation: Operation, _ input: [Int]) throws -> Int {
      try Stage("layer", operation).apply(.zeros([1] + input)).count
    }
    func close(_ value: Double, _ exact: Double) -> Bool { value >= exact && value <= exact * (1 + 1e-12) }
    let image = [2, 8, 8]
    #expect(try bound(.relu, image) == 1)
    #expect(try bound(.maxMin, image) == 1)
    #expect(try bound(.maxPool(kernel: 3, stride: 2, padding: 1), image) == 2)
    #expect(try bound(.maxPool(kernel: 2, stride: 2, padding: 0), image) == 1)
    #expect(close(try bound(.averagePool(kernel: 2, stride: 2, padding: 0), image), 0.5))
    // A row of eight overlapping means of three: (1 + 2 cos(π/9))/3, below 1 as zeros come in at the borders.
    let row = (1 + 2 * 0.93969262078590838) / 3
    let average = try bound(.averagePool(kernel: 3, stride: 1, padding: 1), image)
    #expect(average >= row * row && average <= row * row * (1 + 1e-6))
    #expect(close(try bound(.globalAveragePool, image), 0.125))
    let halves = try Tensor([Float(0.5), 0.25], [2])
    #expect(close(try bound(.normalize(mean: halves, std: halves), image), 4))
    #expect(try bound(.affine(scale: Tensor([Float(-3), 2], [2]), shift: halves), image) == 3)
    #expect(try bound(.affine(scale: nil, shift: halves), image) == 1)
    #expect(close(try bound(.groupNorm(groups: 1, weight: halves, bias: halves, epsilon: 1e-4), image), 50))
  }

  /// 10⁴ random pairs of images, near and far, and the Jacobian at random images, never exceed the bound.
  @Test func randomPairsNeverExceedTheBound() throws {
    for seed in 0..<20 {
      let network = try residualNetwork(
        width: 3, depth: 1, input: [1 + seed % 3, 8, 9], seed: seed, branchScale: seed % 2 == 0 ? 1 : 0.3)
      let exact = try network.mappingTensors { try $0.to(.float64) }
      let bound = try network.lipschitzBound()
      let stream = RandomStream(seed: UInt64(seed)).stream("pairs")
      let x = try Tensor.uniform([500] + network.inputShape, stream.stream("x"), dtype: .float64)
      for (step, size) in [1, 1e-3].enumerated() {
        let y = try x + Tensor.normal(x.shape, stream.stream(step), dtype: .float64) * size
        let change = try sampleNorms(exact.logits(x) - exact.logits(y))
        let distance = try sampleNorms(x - y)
        for (index, ratio) in zip(change, distance).map({ $0 / $1 }).enumerated() where ratio > bound.upper {
          Issue.record("seed \(seed), step \(step), pair \(index): ratio \(ratio) above the bound \(bound.upper)")
        }
        let features = try sampleNorms(exact.features(x) - exact.features(y))
        #expect(zip(features, distance).allSatisfy { $0 <= bound.featureUpper * $1 }, "seed \(seed)")
      }
      let lower = try lipschitzLowerBound(
        of: network, pixels: x.narrowed(0, from: 0, count: 8), iterations: 10, stream: stream.stream("v"))
      #expect(lower.value > 0 && lower.value <= bound.upper, "seed \(seed): \(lower.value) above \(bound.upper)")
      #expect(lower.value == lower.perSample[lower.sample] && lower.perSample.count == 8)
    }
  }

  @Test func refusalsNameTheLayer() throws {
    func error(_ operation: Operation, input: [Int] = [2, 4, 4]) -> LipschitzError? {
      do {
        _ = try DeployedNetwork(
          inputShape: input, body: [Stage("culprit", operation)], headWeight: .zeros([2, 2]), headBias: .zeros([2])
        ).lipschitzBound()
        return nil
      } catch { return error as? LipschitzError }
    }
    let two = try Tensor.ones([2])
    let bad: [Operation] = [
      .normalize(mean: two, std: try .zeros([2])),
      .normalize(mean: two, std: try .ones([3])),
      .groupNorm(groups: 1, weight: two, bias: two, epsilon: 0),
      .affine(scale: nil, shift: try Tensor([Float.nan, 0], [2])),
      .convolution(weight: try .ones([2, 3, 3, 3]), bias: nil, geometry: .init(padding: 1)),
      .convolution(weight: try .full(.infinity, [2, 2, 1, 1]), bias: nil, geometry: .init()),
      .convolution(weight: try .ones([2, 2, 9, 9]), bias: nil, geometry: .init()),
      .linear(weight: try .ones([2, 5]), bias: nil),
      .maxPool(kernel: 9, stride: 1, padding: 0),
      .residual(shortcut: [], branch: [Stage("culprit.pool", .globalAveragePool)], branchScale: 1),
      .residual(shortcut: [], branch: [], branchScale: .nan),
    ]
    for operation in bad {
      let found = try #require(error(operation), "\(operation)")
      #expect(found.description.contains("culprit"), "\(found)")
    }
    #expect(error(.globalAveragePool, input: [2]) != nil && error(.relu, input: []) != nil)
    #expect(error(.maxMin, input: [3, 2, 2]) != nil && error(.maxMin, input: []) != nil)
  }
}
