import Foundation
import OrderedCollections
import RandomStreams
import ResidualNets
import TensorFiles
import Testing
import TorchCore

@testable import Continual

/// What each method calls important, against closed forms and differences.
@TorchActor @Suite struct ImportanceTests {
  private func drawn(_ shape: [Int], _ name: String, _ seed: Int) throws -> Tensor {
    try Tensor.normal(shape, RandomStream(seed: UInt64(seed)).stream(name), dtype: .float64)
  }

  private func expectClose(
    _ actual: Tensor, _ expected: [Double], within tolerance: Double, _ note: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let actual = try actual.doubles()
    #expect(actual.count == expected.count, "\(note)", sourceLocation: sourceLocation)
    let scale = max(expected.map(abs).max() ?? 0, 1e-12)
    let distance = zip(actual, expected).map { abs($0 - $1) }.max() ?? 0
    #expect(distance <= tolerance * scale, "\(note): \(distance) apart, scale \(scale)", sourceLocation: sourceLocation)
  }

  /// z = W x + b: ∂ log p_k / ∂z_j = δ_kj − p_j, so Σ_k p_k (δ_kj − p_j)² = p_j (1 − p_j).
  @Test func theFisherOfALinearClassifierIsKnown() throws {
    for seed in 0..<20 {
      let (classes, features) = (2 + seed % 4, 1 + seed % 5)
      let weight = try drawn([classes, features], "weight", seed).asLeaf()
      let bias = try drawn([classes], "bias", seed).asLeaf()
      let x = try drawn([1, features], "x", seed)
      let logits = try x.linear(weight, bias)
      let fisher = try ElasticWeightConsolidation.fisherDiagonal(logits, [weight, bias])
      let (z, input) = (try logits.doubles(), try x.doubles())
      let total = z.map(Foundation.exp).reduce(0, +)
      let variances = z.map { Foundation.exp($0) / total * (1 - Foundation.exp($0) / total) }
      try expectClose(fisher[1], variances, within: 1e-12, "bias, seed \(seed)")
      try expectClose(
        fisher[0], variances.flatMap { variance in input.map { variance * $0 * $0 } }, within: 1e-12,
        "weight, seed \(seed)")
    }
  }

  /// Behind a hidden layer, log p_k is differentiated by differences; a parameter that plays no part has no importance.
  @Test func theFisherOfADeeperNetworkIsThatOfDifferences() throws {
    for seed in 0..<5 {
      let first = try drawn([4, 3], "first", seed)
      let second = try drawn([3, 4], "second", seed)
      let x = try drawn([1, 3], "x", seed)
      func logits(_ first: Tensor) throws -> Tensor { try x.linear(first).tanh().linear(second) }
      let (leaf, idle) = (try first.asLeaf(), try first.asLeaf())
      let fisher = try ElasticWeightConsolidation.fisherDiagonal(logits(leaf), [leaf, idle])
      let p = try logits(first).softmax(1).doubles()
      let h = 1e-5
      let expected = try (0..<12).map { place in
        let nudge = try Tensor((0..<12).map { $0 == place ? h : 0.0 }, [4, 3])
        let (up, down) = (
          try logits(first + nudge).logSoftmax(1).doubles(), try logits(first - nudge).logSoftmax(1).doubles()
        )
        return p.indices.map { p[$0] * Foundation.pow((up[$0] - down[$0]) / (2 * h), 2) }.reduce(0, +)
      }
      try expectClose(fisher[0], expected, within: 1e-7, "seed \(seed)")
      #expect(try fisher[1].doubles().allSatisfy { $0 == 0 })
    }
  }

  /// f = W x: ∂‖f‖²/∂W = 2 f xᵀ.
  @Test func theSensitivityOfALinearMapIsKnown() throws {
    for seed in 0..<20 {
      let (outputs, features) = (1 + seed % 4, 1 + seed % 5)
      let weight = try drawn([outputs, features], "weight", seed).asLeaf()
      let (x, idle) = (try drawn([1, features], "x", seed), try drawn([2], "idle", seed).asLeaf())
      let f = try x.linear(weight)
      let sensitivity = try MemoryAwareSynapses.sensitivity(f, [weight, idle])
      let input = try x.doubles()
      try expectClose(
        sensitivity[0], f.doubles().flatMap { f in input.map { abs(2 * f * $0) } }, within: 1e-12, "seed \(seed)")
      #expect(try sensitivity[1].doubles() == [0, 0])
    }
  }

  @Test func whatRaisedTheLossIsNotImportant() throws {
    let importance = try SynapticIntelligence.importance(
      Tensor([0.5, 0.5, 0, 0.25], [4]), path: Tensor([2.0, -4, -1, 0], [4]), change: Tensor([1.0, 1, 1, 0], [4]),
      damping: 1)
    #expect(try importance.doubles() == [1.5, 0, 0, 0.25])
  }

  /// The penalty's gradient, by closed form, by the graph and by differences.
  @Test func thePenaltyPullsAsItsGradientSays() throws {
    for seed in 0..<10 {
      let parameters: OrderedDictionary<String, Parameter> = [
        "a": try Parameter(drawn([3, 2], "a", seed)), "b": try Parameter(drawn([2], "b", seed)),
      ]
      var anchor = QuadraticAnchor()
      #expect(try anchor.penalty(parameters) == nil && anchor.isEmpty)
      try anchor.settle(
        at: parameters,
        importance: ["a": drawn([3, 2], "Ωa", seed).squared(), "b": drawn([2], "Ωb", seed).squared()])
      #expect(try anchor.penalty(parameters)?.item() == 0, "nothing has moved")
      for (key, parameter) in parameters {
        try parameter.value.assign(parameter.value.detached() + drawn(parameter.value.shape, key + "'", seed))
      }
      let penalty = try #require(try anchor.penalty(parameters))
      let byGraph = try gradients(of: penalty, withRespectTo: parameters.values.map(\.value))
      let closed = try anchor.gradient(parameters)
      for (index, (key, parameter)) in parameters.enumerated() {
        let value = try parameter.value.detached().clone()
        let h = 1e-5
        let expected = try (0..<value.count).map { place in
          let nudge = try Tensor((0..<value.count).map { $0 == place ? h : 0.0 }, value.shape)
          try parameter.value.assign(value + nudge)
          let up = try #require(try anchor.penalty(parameters)).item()
          try parameter.value.assign(value - nudge)
          let down = try #require(try anchor.penalty(parameters)).item()
          try parameter.value.assign(value)
          return (up - down) / (2 * h)
        }
        try expectClose(#require(closed[key]), expected, within: 1e-7, "\(key), seed \(seed)")
        try expectClose(#require(byGraph[index]), expected, within: 1e-7, "\(key) by the graph, seed \(seed)")
      }
    }
  }

  /// A state is taken whole or not at all.
  @Test func aStateThatDoesNotFitIsRefused() throws {
    let parameters: OrderedDictionary<String, Parameter> = [
      "a": try Parameter(drawn([3, 2], "a", 1)), "b": try Parameter(drawn([2], "b", 1)),
    ]
    var anchor = QuadraticAnchor()
    try anchor.settle(at: parameters, importance: parameters.zeros())
    var stored: OrderedDictionary<String, HostTensor> = [:]
    try anchor.store(in: &stored)

    var whole = stored
    let again = try QuadraticAnchor(from: &whole, for: parameters)
    #expect(whole.isEmpty)
    #expect(try again.values.mapValues { try $0.doubles() } == anchor.values.mapValues { try $0.doubles() })

    func reason(_ change: (inout OrderedDictionary<String, HostTensor>) throws -> Void) throws -> String {
      var state = stored
      try change(&state)
      return try #require(throws: StateError.self) {
        _ = try QuadraticAnchor(from: &state, for: parameters)
        try state.requireNothingLeft()
      }.reason
    }
    #expect(try reason { $0["anchor.b"] = nil } == "tensor 'anchor.b' is missing")
    #expect(try reason { $0["anchor.b"] = $0["anchor.a"] }.contains("shape [3, 2], the parameter has [2]"))
    #expect(try reason { $0["anchor.b"] = try Tensor(indices: [1, 2]).host() }.contains("int64"))
    #expect(try reason { $0["anchor.c"] = $0["anchor.a"] }.contains("'anchor.c' belongs to no state"))
    #expect(try reason { $0 = $0.filter { $0.key.hasPrefix("anchor") } }.contains("none of 'importance'"))
  }
}
