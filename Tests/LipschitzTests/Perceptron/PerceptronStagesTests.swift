import OperatorNorms
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Lipschitz

@TorchActor @Suite struct PerceptronStagesTests {
  /// A single-precision image network with every kind of stage that folds, against the same as three plain matrices.
  @Test func scalingsFoldIntoTheirNeighbours() throws {
    for seed in 0..<10 {
      let stream = RandomStream(seed: UInt64(seed))
      func random(_ shape: [Int], _ name: String) throws -> Tensor { try Tensor.normal(shape, stream.stream(name)) }
      let (std, factor, last) = try (
        Tensor.uniform([2], stream.stream("std")) + 0.1, random([4], "factor"), random([3, 5], "last")
      )
      let (first, second, third) = try (random([4, 12], "first"), random([3, 4], "second"), random([5, 3], "third"))
      let network = DeployedNetwork(
        inputShape: [2, 2, 3],
        body: [
          Stage("normalize", .normalize(mean: try random([2], "mean"), std: std)),
          Stage("offset", .offset(try random([2, 2, 3], "offset"))), Stage("flatten", .flatten),
          Stage("scale", .scale(-1.5)), Stage("first", .linear(weight: first, bias: nil)),
          Stage("affine", .affine(scale: factor, shift: try random([4], "shift"))), Stage("relu1", .relu),
          Stage("again", .relu), Stage("second", .linear(weight: second, bias: try random([3], "bias"))),
          Stage("relu2", .relu), Stage("third", .linear(weight: third, bias: nil)),
        ], headWeight: last, headBias: try random([3], "headBias"))
      let wide = try std.to(.float64).reshaped([2, 1]).expanded([2, 6]).reshaped([12])
      let one = try first.to(.float64) / wide * factor.to(.float64).reshaped([4, 1]) * -1.5
      let exact = try largestOverPatterns([
        one, second.to(.float64), last.to(.float64).matmul(third.to(.float64)),
      ])
      let bound = try network.perceptronBound(.only(.masks, .multipliers, starts: 4))
      let masks = try #require(bound.uppers[.masks])
      let fine = try #require(bound.uppers[.multipliers])
      let lower = try #require(bound.lower)
      #expect(masks >= exact * (1 - 1e-12) && masks <= exact * (1 + 1e-6), "seed \(seed): \(masks) for \(exact)")
      #expect(fine >= exact * (1 - 1e-12) && fine < 2 * exact && lower <= masks, "seed \(seed)")
      #expect(lower > 0.2 * exact, "seed \(seed): \(lower) of \(exact)")
      let product = try network.lipschitzBound().upper
      let tight = try network.lipschitzBound(tightening: .only(.multipliers, starts: 0))
      #expect(tight.upper == min(product, fine) && tight.perceptron?.method == .multipliers)
    }
  }

  /// The constants of differences of logits: above secants, below what the network's own constant implies; their
  /// certificates reach at least as far.
  @Test func pairsOfClasses() throws {
    var gains = 0
    for seed in 0..<8 {
      let network = try randomPerceptron(seed: seed, hidden: 8, depth: 1 + seed % 2)
      let settings = PerceptronSettings.only(.multipliers, .product)
      let pairs = try network.perceptronPairBounds(settings)
      let upper = try network.perceptronBound(settings).upper
      let stream = RandomStream(seed: UInt64(seed)).stream("pairs")
      let x = try Tensor.normal([200] + network.inputShape, stream.stream("x"), dtype: .float64)
      let y = try x + Tensor.normal(x.shape, stream.stream("y"), dtype: .float64) * 0.1
      let change = try network.logits(x) - network.logits(y)
      let runs = try sampleNorms(x - y)
      for first in 0..<network.classCount {
        #expect(pairs[first][first] == 0)
        for second in 0..<first {
          let rises = try sampleNorms(
            change.narrowed(1, from: first, count: 1) - change.narrowed(1, from: second, count: 1))
          #expect(zip(rises, runs).allSatisfy { $0 <= pairs[first][second] * $1 * (1 + 1e-9) }, "seed \(seed)")
          #expect(
            pairs[first][second] <= upper * 2.0.squareRoot() * (1 + 1e-6)
              && pairs[first][second] == pairs[second][first])
        }
      }
      let labels = try network.logits(x).argmax(1).integers()
      let (loose, tight) = (try network.lipschitzBound(), try network.lipschitzBound(tightening: settings))
      let before = try certify(network, bound: loose, pixels: x, labels: labels).radiiL2
      let after = try certify(network, bound: tight, pixels: x, labels: labels).radiiL2
      for (index, (old, new)) in zip(before, after).enumerated() {
        guard let old, let new else { continue }
        #expect(new >= old, "seed \(seed), sample \(index)")
        if new > 1.01 * old { gains += 1 }
      }
      try expectNoFlip(network, x, labels, after, stream, "seed \(seed)")
      let halved = try certify(network, bound: tight.scaled(by: 0.5), pixels: x, labels: labels).radiiL2
      // Both end at the diameter of [0, 1].
      let diameter = Double(network.inputShape[0]).squareRoot()
      #expect(zip(after, halved).allSatisfy { min(($0 ?? 0) * 1.9, diameter) <= ($1 ?? 0) })
    }
    #expect(gains > 400, "\(gains)")
  }

  private func expectNoFlip(
    _ network: DeployedNetwork, _ x: Tensor, _ labels: [Int], _ radii: [Double?], _ stream: RandomStream,
    _ place: String
  ) throws {
    let reach = try Tensor(radii.map { ($0 ?? 0).isFinite ? $0 ?? 0 : 0 }, [labels.count, 1])
    for step in 0..<20 {
      let noise = try Tensor.normal(x.shape, stream.stream("noise").stream(step), dtype: .float64)
      let moved = try x + noise / noise.norm(2, [1], keepingDimensions: true) * reach
      #expect(try network.logits(moved).argmax(1).integers() == labels, "\(place)")
    }
  }

  @Test func refusalsNameTheLayer() throws {
    func refusal(_ operation: Operation, input: [Int] = [4], most: Int = 100) -> String? {
      do {
        var settings = PerceptronSettings.only(.multipliers)
        settings.mostNeurons = most
        let width = try [Stage("culprit", operation)].outputShape(of: SampleShape(lengths: input)).count
        _ = try DeployedNetwork(
          inputShape: input, body: [Stage("culprit", operation), Stage("relu", .relu), Stage("flatten", .flatten)],
          headWeight: .ones([2, width]), headBias: .zeros([2])
        ).perceptronBound(settings)
        return nil
      } catch { return (error as? LipschitzError)?.description ?? "\(type(of: error)): \(error)" }
    }
    let four = try Tensor.ones([4])
    let square = try Tensor.ones([4, 4])
    let refused: [(Operation, [Int])] = [
      (.convolution(weight: try .ones([2, 2, 3, 3]), bias: nil, geometry: .init(padding: 1)), [2, 4, 4]),
      (.gelu, [4]),
      (.residual(shortcut: [], branch: [Stage("inner", .relu)], branchScale: 1), [4]),
      (.maxPool(kernel: 2, stride: 2, padding: 0), [2, 4, 4]), (.globalAveragePool, [2, 4, 4]),
      (.linear(weight: try .full(.nan, [4, 4]), bias: nil), [4]),
      (.linear(weight: square, bias: try .full(.infinity, [4])), [4]),
      (.linear(weight: try .full(1e-70, [4, 4], dtype: .float64), bias: nil), [4]),
      (.normalize(mean: four, std: try .zeros([4])), [4]), (.scale(.infinity), [4]),
      (.linear(weight: square, bias: nil), [3, 4]),
      (.groupNorm(groups: 1, weight: four, bias: four, epsilon: 1e-3), [4]),
    ]
    for (operation, input) in refused {
      let text = try #require(refusal(operation, input: input), "\(operation)")
      #expect(text.contains("'culprit'"), "\(text)")
    }
    #expect(refusal(.linear(weight: square, bias: nil)) == nil)
    #expect(refusal(.linear(weight: square, bias: nil), most: 3)?.contains("4 hidden neurons") == true)
    var none = PerceptronSettings.only(.masks)
    none.mostMaskedNeurons = 1
    let network = try randomPerceptron(seed: 0, hidden: 9, depth: 3)
    #expect(throws: LipschitzError.self) { try network.perceptronBound(none) }
    // The product stands in where the tight bound refuses.
    let pooled = try residualNetwork(width: 2, depth: 1, input: [1, 8, 8], seed: 0)
    let bound = try pooled.lipschitzBound(tightening: .init())
    #expect(try bound.perceptron == nil && bound.upper == pooled.lipschitzBound().upper)
  }
}
