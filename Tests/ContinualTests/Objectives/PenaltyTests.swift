import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct PenaltyTests {
  init() throws { try Torch.setThreads(1) }

  private nonisolated static let networks = [
    NetworkDescription(architecture: .mlp, depth: 2, width: 6, norm: .none),
    NetworkDescription(width: 2),
    NetworkDescription(width: 2, norm: .none, branchBudget: 0.7),
  ]

  /// The value is the sum of squared central differences of the loss in every pixel, and its gradient that of central
  /// differences in the parameters: a second derivative through convolutions and batch statistics.
  @Test(arguments: networks.prefix(2) + [NetworkDescription(width: 2, norm: .group)])
  func inputGradientIsThatOfFiniteDifferences(description: NetworkDescription) throws {
    let tiny = try TinyNetwork(description, seed: 11, batch: 2, side: 8, dtype: .float64)
    let count = Double(tiny.outputs.count)
    // Piecewise smooth, and random points are far from the kinks on the scale of h.
    func loss(_ x: Tensor) throws -> Double {
      try withoutGradients {
        try tiny.learning.answers(x, tiny.outputs, .training, draws: nil).crossEntropy().item() * count
      }
    }
    func objective(_ weight: Double) throws -> Tensor {
      try Objective(penalties: [InputGradientPenalty(weight: weight)])
        .evaluate(tiny.learning, tiny.inputs, tiny.outputs, step: 0, tiny.stream).loss
    }
    let pixels = try Parameter(tiny.inputs)
    var squares = 0.0
    for place in 0..<tiny.inputs.count {
      let slope = try centralDifference(pixels, at: place, by: 1e-6) { try loss(pixels.value.detached()) }
      squares += slope * slope
    }
    let value = try (objective(3).item() - objective(0).item()) / 3
    #expect(value > 1e-8)
    #expect(abs(value - squares / count) < 1e-5 * value, "\(description)")

    let slopes = try gradients(of: objective(3), withRespectTo: tiny.parameters.map(\.value))
    for (index, parameter) in tiny.parameters.enumerated() {
      let place = (7 * index) % parameter.value.count
      let found = try slopes[index].map { try $0.doubles()[place] } ?? 0
      let expected = try centralDifference(parameter, at: place, by: 1e-6) { try objective(3).item() }
      #expect(abs(found - expected) < 1e-4 * max(1e-3, abs(expected)), "\(description) parameter \(index)")
    }
  }

  /// The estimate approaches the certified bound from below, and its gradient is that of finite differences.
  @Test(arguments: networks) func normEstimateIsTheBoundAndCanBeLearnedFrom(description: NetworkDescription) throws {
    let tiny = try TinyNetwork(description, seed: 12, side: 8, dtype: .float64)
    for _ in 0..<100 { _ = try tiny.learning.answers(tiny.inputs, tiny.outputs, .training, draws: nil) }
    func estimate(_ iterations: Int) throws -> Tensor {
      let (stages, _) = try tiny.trunk.deployedBody(Passage(adapter: nil, mode: .evaluation))
      return try NormEstimate(iterations: iterations, stream: tiny.stream).norm(
        of: stages, input: SampleShape(lengths: [1, 8, 8]))
    }
    let bound = try TaskNetwork(trunk: tiny.trunk, adapter: nil, head: tiny.head).deployed().lipschitzBound()
      .featureUpper
    let (rough, fine) = (try estimate(8).item(), try estimate(1000).item())
    #expect(fine <= bound && fine > 0.9 * bound, "\(fine) of \(bound)")
    #expect(rough <= bound && rough > 0.5 * bound, "\(rough) of \(bound)")

    let parameters = trainableParameters(of: [("trunk", tiny.trunk)]).values
    let slopes = try gradients(of: estimate(1000), withRespectTo: parameters.map(\.value))
    var moved = 0
    for (index, parameter) in parameters.enumerated() where parameter.value.rank > 1 {
      let found = try slopes[index].map { try $0.doubles()[0] } ?? 0
      let expected = try centralDifference(parameter, at: 0, by: 1e-5) { try estimate(1000).item() }
      // Where two singular values nearly agree, power iteration has not settled on one of their vectors.
      #expect(abs(found - expected) < 0.03 * max(0.1, abs(expected)), "\(description) parameter \(index)")
      if abs(expected) > 1e-6 { moved += 1 }
    }
    #expect(moved > 0)
  }

  /// Cross-entropy with c·L·‖w_y − w_j‖ added to every other logit, computed with plain numbers.
  @Test func lipschitzMarginIsItsFormula() throws {
    for description in [Self.networks[0], Self.networks[1]] {
      let tiny = try TinyNetwork(description, seed: 13, dtype: .float64)
      let pass = ForwardPass(
        learning: tiny.learning, inputs: tiny.inputs,
        answers: try tiny.learning.answers(tiny.inputs, tiny.outputs, .evaluation, draws: nil),
        loss: try Tensor.zeros([]), stream: tiny.stream)
      let (stages, featureScale) = try tiny.trunk.deployedBody(Passage(adapter: nil, mode: .evaluation))
      let constant = try NormEstimate(stream: tiny.stream).norm(of: stages, input: SampleShape(lengths: [1, 8, 8]))
        .item()
      let network = try TaskNetwork(trunk: tiny.trunk, adapter: nil, head: tiny.head).deployed()
      #expect((featureScale == nil) == (description.architecture == .mlp))
      let logits = try network.logits(tiny.inputs).doubles()
      let rows = try network.headWeight.doubles()
      let features = network.headWeight.size(1)
      func distance(_ a: Int, _ b: Int) -> Double {
        (0..<features).map { rows[a * features + $0] - rows[b * features + $0] }.map { $0 * $0 }.reduce(0, +)
          .squareRoot()
      }
      var expected = 0.0
      for (row, y) in tiny.outputs.enumerated() {
        let lifted = (0..<3).map { logits[3 * row + $0] + ($0 == y ? 0 : 0.3 * constant * distance(y, $0)) }
        expected += exponentialSumLog(lifted) - lifted[y]
      }
      expected *= 2 / Double(tiny.outputs.count)
      let found = try LipschitzMarginPenalty(weight: 2, radius: 0.3).value(pass)
      #expect(abs(try found.item() - expected) < 1e-5 * expected)
      // It presses on the trunk through the bound as well as through the logits.
      let weights = trainableParameters(of: [("trunk", tiny.trunk)]).values.map(\.value)
      let slopes = try gradients(of: found, withRespectTo: weights)
      #expect(slopes.contains { $0 != nil })
    }
  }

  private func exponentialSumLog(_ values: [Double]) -> Double {
    let top = values.max() ?? 0
    return top + Foundation.log(values.map { Foundation.exp($0 - top) }.reduce(0, +))
  }

  /// What cannot be estimated is named.
  @Test func aLayerWithoutAnEstimateIsNamed() throws {
    let tiny = try TinyNetwork(NetworkDescription(width: 4, block: .highway), seed: 1)
    let (stages, _) = try tiny.trunk.deployedBody(Passage(adapter: nil, mode: .evaluation))
    #expect {
      try NormEstimate(stream: tiny.stream).norm(of: stages, input: SampleShape(lengths: [1, 8, 8]))
    } throws: {
      "\($0)".contains("highway")
    }
  }
}
