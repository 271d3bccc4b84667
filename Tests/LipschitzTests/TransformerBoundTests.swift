import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Testing
import TorchCore

/// What a transformer is made of: attention has no bound, and says so; everything else has one.
@TorchActor @Suite struct TransformerBoundTests {
  private func network(_ body: [Stage], input: [Int], features: Int) throws -> DeployedNetwork {
    DeployedNetwork(
      inputShape: input, body: body, headWeight: try .normal([3, features], RandomStream(seed: 1)),
      headBias: try .zeros([3]))
  }

  @Test func attentionHasNoBound() throws {
    let description = NetworkDescription(architecture: .vit, depth: 1, width: 8, norm: .layer, heads: 2)
    let stream = RandomStream(seed: 1)
    let trunk = try description.makeTrunk(
      inputShape: [1, 8, 8], statistics: PixelStatistics(mean: [0.5], std: [0.25]), stream: stream)
    let head = try description.makeHead(features: trunk.featureCount, classCount: 3, stream: stream)
    let deployed = try TaskNetwork(trunk: trunk, adapter: nil, head: head).deployed()
    do {
      _ = try deployed.lipschitzBound()
      Issue.record("a transformer was bounded")
    } catch let error as LipschitzError {
      guard case .unboundable(let layer, let reason) = error else { throw error }
      #expect(layer == "layers.0.self_attention")
      for word in [
        "no finite Lipschitz constant", "Kim et al. 2021", "attentionBounds", "no certificate", "resnet or mlp",
      ] {
        #expect(reason.contains(word), "\(reason)")
      }
    }
  }

  /// The constants against dense Jacobians at many points, and against their closed forms.
  @Test func constantsOfTheOtherLayers() throws {
    let stream = RandomStream(seed: 2)
    func jacobianNorm(_ stage: Stage, _ shape: [Int], _ place: Int, size: Double) throws -> Double {
      let x = try Tensor.normal([1] + shape, stream.stream(stage.name).stream(place), dtype: .float64) * size
      return try jacobian(at: x) { try stage.apply($0) }.singularValues().max().item()
    }
    func bound(_ stage: Stage, _ shape: [Int]) throws -> Double {
      let flat = [stage, Stage("flatten", .flatten)]
      let features = try flat.apply(.zeros([1] + shape, dtype: .float64)).size(1)
      return try network(flat, input: shape, features: features).lipschitzBound().featureUpper
    }
    let weight = try Tensor.normal([5, 3], stream.stream("w"), dtype: .float64)
    let gamma = try Tensor([-2, 0.5, 1], [3])
    let tokens = [4, 3]
    let exact: [(Stage, [Int], Double)] = [
      (Stage("patches", .patches), [3, 2, 4], 1),
      (Stage("offset", .offset(try .normal([4, 3], stream, dtype: .float64))), tokens, 1),
      (Stage("mean", .tokenMean), tokens, 0.5),
      (Stage("linear", .linear(weight: weight, bias: nil)), tokens, try weight.singularValues().max().item()),
      (Stage("affine", .affine(scale: gamma, shift: gamma)), tokens, 2),
    ]
    for (stage, shape, value) in exact {
      let (upper, reached) = try (bound(stage, shape), jacobianNorm(stage, shape, 0, size: 1))
      #expect(
        abs(reached - value) < 1e-12 && upper >= reached && upper <= value * (1 + 1e-5), "\(stage.name): \(upper)")
    }
    let norm = Stage("norm", .layerNorm(weight: gamma, bias: gamma, epsilon: 0.01))
    let upper = try bound(norm, tokens)
    #expect(upper >= 20 && upper < 20 * (1 + 1e-12))
    for place in 0..<200 {
      #expect(try jacobianNorm(norm, tokens, place, size: place % 2 == 0 ? 1 : 0.01) <= upper, "point \(place)")
    }
  }

  /// GELU's slope Φ(x) + xφ(x) on a fine grid comes within 1e-3 of its constant and never over it, from the derivative
  /// itself and from the layer.
  @Test func theConstantOfGELU() throws {
    let upper = try network([Stage("gelu", .gelu)], input: [3], features: 3).lipschitzBound().featureUpper
    let count = 20_001
    let x = try ((Tensor.arange(count).to(.float64) - 10_000) / 1000).asLeaf()
    let slope = try #require(try gradients(of: Stage("gelu", .gelu).apply(x).sum(), withRespectTo: [x])[0])
    let largest = try slope.abs().max().item()
    let root = 2.0.squareRoot()
    let atRoot = 0.5 * erfc(-1) + root * exp(-1) / (2 * Double.pi).squareRoot()
    #expect(abs(largest - atRoot) < 1e-6)
    #expect(upper >= atRoot && upper >= largest && upper - atRoot < 1e-3)
  }

  @Test func shapesThatDoNotFit() throws {
    func isRefused(_ stage: ResidualNets.Operation, input: [Int]) -> Bool {
      do {
        _ = try network([Stage("culprit", stage)], input: input, features: 3).lipschitzBound()
        return false
      } catch LipschitzError.shape(let layer, _), LipschitzError.unboundable(let layer, _) {
        return layer == "culprit"
      } catch { return false }
    }
    let (three, four) = (try Tensor.ones([3]), try Tensor.ones([4]))
    #expect(isRefused(.patches, input: [4, 3]))
    #expect(isRefused(.tokenMean, input: [3]) && isRefused(.tokenMean, input: [3, 4, 4]))
    #expect(isRefused(.offset(four), input: [4, 4]))
    #expect(try isRefused(.offset(.full(.nan, [4, 3])), input: [4, 3]))
    #expect(isRefused(.layerNorm(weight: four, bias: four, epsilon: 1e-6), input: [4, 3]))
    #expect(isRefused(.layerNorm(weight: three, bias: four, epsilon: 1e-6), input: [4, 3]))
    #expect(isRefused(.layerNorm(weight: three, bias: three, epsilon: 0), input: [4, 3]))
    #expect(isRefused(.groupNorm(groups: 1, weight: four, bias: four, epsilon: 1e-5), input: [4, 3]))
    #expect(isRefused(.affine(scale: nil, shift: four), input: [4, 3]))
    #expect(try isRefused(.linear(weight: .ones([3, 4]), bias: nil), input: [4, 3]))
    #expect(try isRefused(.linear(weight: .ones([3, 3]), bias: nil), input: [2, 4, 3]))
    #expect(isRefused(.attention(heads: 1), input: [4, 3]))
  }

  /// A network of tokens without attention is certified in real arithmetic, no random perturbation of that size changes
  /// its class, and nothing is said about single precision.
  @Test func tokensWithoutAttentionAreCertified() throws {
    for seed in 0..<10 as Range<UInt64> {
      let stream = RandomStream(seed: seed)
      func linear(_ name: String, _ inputs: Int, _ outputs: Int) throws -> Stage {
        Stage(
          name,
          .linear(
            weight: try Tensor.normal([outputs, inputs], stream.stream(name)) * (1 / Double(inputs)).squareRoot(),
            bias: try Tensor.normal([outputs], stream.stream(name).stream("bias"))))
      }
      let branch = try [linear("up", 2, 8), Stage("gelu", .gelu), linear("down", 8, 2)]
      let it = try network(
        [
          Stage("patches", .patches), Stage("offset", .offset(.normal([12, 2], stream.stream("offset")))),
          Stage("mlp", .residual(shortcut: [], branch: branch, branchScale: 1)),
          Stage("norm", .layerNorm(weight: .ones([2]), bias: .ones([2]), epsilon: 0.1)), Stage("mean", .tokenMean),
        ], input: [2, 3, 4], features: 2)
      let pixels = try Tensor.uniform([20, 2, 3, 4], stream.stream("pixels"))
      let labels = try it.logits(pixels).argmax(1).integers()
      let bound = try it.lipschitzBound()
      let radii = try certify(it, bound: bound, pixels: pixels, labels: labels).radiiL2.map { $0 ?? 0 }
      #expect(radii.contains { $0 > 0 }, "seed \(seed)")
      for draw in 0..<20 {
        let direction = try Tensor.normal(pixels.shape, stream.stream("direction").stream(draw))
        let length = try direction.flattened().norm(2, [1]).reshaped([-1, 1, 1, 1])
        let shift = try direction / length * Tensor(radii.map { Float($0 * 0.999) }, [20, 1, 1, 1])
        #expect(try it.logits(pixels + shift).argmax(1).integers() == labels, "seed \(seed), draw \(draw)")
      }
      #expect(throws: LipschitzError.self) {
        try certify(it, bound: bound, pixels: pixels, labels: labels, basis: .singlePrecision)
      }
    }
  }
}
