import Foundation
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Lipschitz

/// The constant of self-attention on a set of tokens, against explicit Jacobians and closed forms.
@TorchActor @Suite struct AttentionBoundTests {
  init() throws { try Torch.setThreads(1) }

  private func attention(
    _ width: Int, heads: Int, size: Double, bias: Double, _ stream: RandomStream
  ) throws -> SelfAttention {
    try SelfAttention(
      name: "it", heads: heads, weight: Tensor.normal([3 * width, width], stream.stream("w"), dtype: .float64) * size,
      bias: Tensor.normal([3 * width], stream.stream("b"), dtype: .float64) * bias)
  }

  private func jacobianNorm(_ attention: SelfAttention, at tokens: Tensor) throws -> Double {
    try jacobian(at: tokens) { try attention.apply($0) }.singularValues().max().item()
  }

  /// 100 random layers, sets and places: random tokens, tokens of one direction, and of two opposite ones, within the
  /// set and on its border.
  @Test func noJacobianIsAboveTheBound() throws {
    var closest = 0.0
    for seed in 0..<100 as Range<UInt64> {
      let stream = RandomStream(seed: seed)
      func choice(_ count: Int, _ place: UInt64) -> Int { stream.integer(below: count, at: place) }
      func power(_ low: Double, _ high: Double, _ place: UInt64) -> Double {
        low * pow(high / low, stream.uniform(at: place))
      }
      let heads = 1 + choice(2, 0)
      let (width, count) = (heads * (1 + choice(3, 1)), 1 + choice(5, 2))
      let it = try attention(
        width, heads: heads, size: power(0.1, 2, 3), bias: choice(2, 4) == 0 ? 0 : power(0.1, 3, 5), stream)
      let set = try TokenSet(
        centre: Tensor.normal([width], stream.stream("c"), dtype: .float64).doubles().map { $0 * power(0.01, 2, 6) },
        scale: Tensor.normal([width], stream.stream("g"), dtype: .float64).doubles(), radius: power(0.1, 5, 7))
      let upper = try it.upperBound(tokens: count, in: set)
      for place in 0..<4 {
        let own = stream.stream("tokens").stream(place)
        let line = try Tensor.normal([1, 1, width], own.stream("line"), dtype: .float64)
        let signs = (0..<count).map { place == 2 && own.integer(below: 2, at: UInt64($0)) == 0 ? -1.0 : 1 }
        let directions =
          try place == 0 || place == 3
          ? Tensor.normal([1, count, width], own, dtype: .float64) : line * Tensor(signs, [1, count, 1])
        let border = try set.border(along: directions)
        let centre = try Tensor(set.centre, [width])
        let tokens = try place == 3 ? centre + (border - centre) * own.uniform(at: 100) : border
        let value = try jacobianNorm(it, at: tokens)
        #expect(value <= upper, "seed \(seed), place \(place): \(value) above \(upper)")
        closest = max(closest, count > 1 ? value / upper : 0)
        guard place == 0 else { continue }
        let lower = try it.lowerBound(at: tokens, iterations: 10, stream: own.stream("power"))
        #expect(
          lower <= value * (1 + 1e-9) && lower >= value * 0.5, "seed \(seed), place \(place): \(lower) of \(value)")
      }
    }
    #expect(closest > 0.5, "the bound is far from every Jacobian: \(closest)")
  }

  /// Where scores are constant, or there is one token, the constant is ‖W_v‖.
  @Test func closedForms() throws {
    let stream = RandomStream(seed: 1)
    let set = try TokenSet(radius: 3, width: 4)
    let weight = try Tensor.normal([12, 4], stream, dtype: .float64)
    let values = try weight.narrowed(0, from: 8, count: 4).singularValues().max().item()
    func upper(_ weight: Tensor, tokens: Int) throws -> Double {
      try SelfAttention(name: "it", heads: 2, weight: weight, bias: .zeros([12])).upperBound(tokens: tokens, in: set)
    }
    let zeros = try Tensor.zeros([4, 4], dtype: .float64)
    func part(_ index: Int) throws -> Tensor { try weight.narrowed(0, from: 4 * index, count: 4) }
    let withoutQueries = try Tensor.concatenated([zeros, part(1), part(2)])
    let withoutKeys = try Tensor.concatenated([part(0), zeros, part(2)])
    for bound in [
      try upper(weight, tokens: 1), try upper(withoutQueries, tokens: 5), try upper(withoutKeys, tokens: 5),
    ] {
      #expect(bound >= values && bound <= values * (1 + 1e-6), "\(bound) for \(values)")
    }
    // Without values everything is constant.
    let without = try upper(Tensor.concatenated([part(0), part(1), zeros]), tokens: 5)
    #expect(without >= 0 && without < 1e-100)
  }

  /// Two tokens of one feature, in plain arithmetic: the largest Jacobian over a grid of the whole set. A constant
  /// query b makes p_j = softmax(b k x_j), and the derivative p_j v (1 + b k (x_j − f)) for both outputs.
  @Test(arguments: [(0, 1, 0.99), (0.3, 1, 0.75), (1, 0.5, 0.7), (4, 2, 0.1)])
  func onAGridOfTheWholeSet(query: Double, radius: Double, share: Double) throws {
    let (key, value) = (0.8, 1.5)
    let it = try SelfAttention(
      name: "it", heads: 1, weight: Tensor([0, key, value], [3, 1]), bias: Tensor([query, -0.7, 0.2], [3]))
    let upper = try it.upperBound(tokens: 2, in: TokenSet(radius: radius, width: 1))
    let steps = 200
    var largest = 0.0
    for first in 0...steps {
      for second in 0...steps {
        let x = [first, second].map { radius * (2 * Double($0) / Double(steps) - 1) }
        let weights = x.map { exp(query * key * $0) }
        let p = weights.map { $0 / (weights[0] + weights[1]) }
        let mean = p[0] * x[0] + p[1] * x[1]
        let row = zip(p, x).map { $0 * value * (1 + query * key * ($1 - mean)) }
        largest = max(largest, (2 * (row[0] * row[0] + row[1] * row[1])).squareRoot())
      }
    }
    #expect(largest <= upper && largest > upper * share, "\(largest) of \(upper)")
    if query == 0 { #expect(upper <= value * (1 + 1e-6)) }
  }

  /// No bound holds for all tokens (Kim et al. 2021): with one token at 0 and two far apart, the Jacobian grows as R²,
  /// and the bound with it.
  @Test func theConstantGrowsWithTheSquareOfTheRadius() throws {
    let it = try SelfAttention(name: "it", heads: 1, weight: Tensor([1.0, 1, 1], [3, 1]), bias: nil)
    for radius in [1.0, 10, 100] {
      let reached = try jacobianNorm(it, at: Tensor([0, radius, -radius], [1, 3, 1]))
      let upper = try it.upperBound(tokens: 3, in: TokenSet(radius: radius, width: 1))
      #expect(reached >= 2 * radius * radius / 3 && reached <= upper && upper < 8 * (1 + radius * radius))
    }
  }

  /// √3 ‖W_v‖ (‖A‖²R⁴(4T + 1) + T)^½ of Castin, Ablin and Peyré 2024 is never the smaller one.
  @Test func neverAboveThePublishedBound() throws {
    for seed in 0..<50 as Range<UInt64> {
      let stream = RandomStream(seed: seed)
      let it = try attention(3, heads: 1, size: 1, bias: 0, stream)
      let (count, radius) = (1 + stream.integer(below: 20, at: 0), 4 * stream.uniform(at: 1))
      let (q, k) = (try it.rows(.query, ofHead: 0).weight, try it.rows(.key, ofHead: 0).weight)
      let a = try q.transposed().matmul(k).singularValues().max().item() / 3.0.squareRoot()
      let v = try it.values.singularValues().max().item()
      let n = Double(count)
      let published = v * (3 * (a * a * pow(radius, 4) * (4 * n + 1) + n)).squareRoot()
      let upper = try it.upperBound(tokens: count, in: TokenSet(radius: radius, width: 3))
      #expect(upper <= published, "seed \(seed): \(upper), published \(published)")
    }
  }

  @Test func crowdingIsBetweenOneAndAllTokens() {
    #expect(SelfAttention.crowding(7, score: 0) >= 1 && SelfAttention.crowding(7, score: 0) < 1 + 1e-12)
    #expect(SelfAttention.crowding(7, score: 1e9) == 7 && SelfAttention.crowding(7, score: .infinity) == 7)
    let one = 7 / (1 + 6 * exp(-2.0))
    #expect(SelfAttention.crowding(7, score: 1) >= one && SelfAttention.crowding(7, score: 1) < one * (1 + 1e-12))
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let weight = try Tensor.ones([12, 4])
    #expect(throws: LipschitzError.self) {
      try SelfAttention(name: "it", heads: 3, weight: weight, bias: nil)
    }
    #expect(throws: LipschitzError.self) {
      try SelfAttention(name: "it", heads: 2, weight: .ones([8, 4]), bias: nil)
    }
    #expect(throws: LipschitzError.self) {
      try SelfAttention(name: "it", heads: 2, weight: weight, bias: .ones([4]))
    }
    #expect(throws: LipschitzError.self) {
      try SelfAttention(name: "it", heads: 2, weight: .full(.nan, [12, 4]), bias: nil)
    }
    let it = try SelfAttention(name: "it", heads: 2, weight: weight, bias: nil)
    #expect(throws: LipschitzError.self) { try it.upperBound(tokens: 3, in: TokenSet(radius: 1, width: 5)) }
    #expect(throws: LipschitzError.self) { try it.upperBound(tokens: 0, in: TokenSet(radius: 1, width: 4)) }
    #expect(throws: LipschitzError.self) { try it.upperBound(tokens: 3, in: TokenSet(radius: 1e200, width: 4)) }
    #expect(throws: LipschitzError.self) { try TokenSet(centre: [0], scale: [1, 1], radius: 1) }
    #expect(throws: LipschitzError.self) { try TokenSet(radius: .nan, width: 2) }
    #expect(throws: LipschitzError.self) { try TokenSet(radius: -1, width: 2) }
  }
}
