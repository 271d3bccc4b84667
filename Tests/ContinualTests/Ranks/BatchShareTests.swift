import Distributed
import ImageData
import RandomStreams
import ResidualNets
import Results
import Robustness
import Testing
import ThreadRanks
import TorchCore

@testable import Continual

/// One step of a network over several ranks, beside one rank with the whole batch.
@TorchActor @Suite struct BatchShareTests {
  init() throws { try Torch.setThreads(1) }

  @Test(arguments: [(8, 2), (7, 3), (2, 5), (1, 2), (5, 5)]) func sharesDivideABatch(count: Int, size: Int) throws {
    let shares = try ThreadTransport.run(size) { BatchShare(of: count, $0) }.map { try $0.get() }
    #expect(abs(shares.reduce(0) { $0 + $1.weight } - 1) < 1e-15)
    let own = shares.filter { $0.weight > 0 }
    #expect(own.flatMap(\.rows) == Array(0..<count))
    #expect(Set(own.map(\.rows.count)).count <= 2 && shares.allSatisfy { !$0.rows.isEmpty })
  }

  /// Rows of any width, also of none, are everyone's as they are; means over what they hold count by how much that is.
  @Test(arguments: [(8, 2), (7, 3), (2, 5), (1, 2)]) func sharesAreJoined(count: Int, size: Int) throws {
    let rows = (0..<count).map { row in (0..<row % 3 + row / 4).map { Float(row) + Float($0) / 7 } }
    let widths = rows.map(\.count).map { $0 + 1 }
    let outcomes = try ThreadTransport.run(size) { ranks in
      let share = BatchShare(of: count, ranks)
      return (try share.all(Array(rows[share.rows])), share.weight(of: widths), share.rows, share.weight > 0)
    }.map { try $0.get() }
    #expect(outcomes.allSatisfy { $0.0 == rows })
    for (_, weight, own, hasImages) in outcomes {
      let expected = hasImages ? Double(widths[own].reduce(0, +)) / Double(widths.reduce(0, +)) : 0
      #expect(weight == expected)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var network = NetworkDescription(width: 4)
    let objective: @Sendable () throws -> Objective
  }

  nonisolated static let cases = [
    Case(testDescription: "images as they are") { Objective() },
    Case(testDescription: "norms behind", network: NetworkDescription(width: 4, block: .postActivation)) {
      Objective()
    },
    Case(testDescription: "group norm", network: NetworkDescription(width: 4, norm: .group)) { Objective() },
    Case(testDescription: "stochastic depth", network: NetworkDescription(width: 4, survival: 0.5)) { Objective() },
    Case(testDescription: "mixup") { Objective(augmentation: Augmentation(mixup: 1), threat: nil, penalties: []) },
    Case(testDescription: "noise") { Objective(noise: 0.2) },
    Case(testDescription: "adversarial") { Objective(threat: try threat(.pgd)) },
    Case(testDescription: "TRADES") { Objective(threat: try threat(.trades)) },
    Case(testDescription: "margin") { Objective(penalties: [LipschitzMarginPenalty(weight: 0.1, radius: 0.1)]) },
    Case(
      testDescription: "flat in the pixels",
      network: NetworkDescription(architecture: .mlp, depth: 2, width: 8, norm: .none)
    ) { Objective(penalties: [InputGradientPenalty(weight: 0.3)]) },
  ]

  private nonisolated static func threat(_ method: Configuration.Adversarial.Method) throws -> TrainingAttack? {
    var adversarial = Configuration.Adversarial()
    adversarial.method = method
    adversarial.steps = 2
    return try adversarial.threat
  }

  private struct Outcome: Sendable {
    let loss: Double
    let gradients: [Double]
    /// After a step; statistics included.
    let state: [String: [Double]]
  }

  private nonisolated static func step(_ it: Case, batch: Int, _ dtype: DType, _ ranks: Communicator?) throws -> Outcome
  {
    let tiny = try TinyNetwork(it.network, seed: 3, batch: batch, dtype: dtype)
    let part = BatchPart(of: batch, tiny.learning, ranks)
    let loss = try part.summand(
      ofMean: it.objective().evaluate(
        part.learning, tiny.inputs, tiny.outputs, rows: part.rows, step: 4, tiny.stream
      ).loss)
    let parameters = trainableParameters(of: [("trunk", tiny.trunk), ("head", tiny.head)])
    let optimizer = try OptimizerDescription(learningRate: 0.1).makeOptimizer(for: parameters)
    let own = try optimizer.gradients(of: loss)
    let gradients = try ranks?.sum(own) ?? own
    try optimizer.step(gradients: gradients, rate: 0.1)
    let state = try tiny.trunk.state().merging(tiny.head.state()) { $1 }
    return Outcome(
      loss: try ranks?.sum(loss.item()) ?? loss.item(), gradients: try gradients.flatMap { try $0.doubles() },
      state: Dictionary(uniqueKeysWithValues: try state.map { ($0, try Tensor($1).doubles()) }))
  }

  private static func distance(_ found: [Double], _ expected: [Double]) -> Double {
    func length(_ values: some Sequence<Double>) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    guard found.count == expected.count else { return .infinity }
    return length(zip(found, expected).map { $0 - $1 }) / max(length(expected), 1e-12)
  }

  /// Loss, gradients, parameters and running statistics; also where shares differ, and where ranks have none.
  @Test(arguments: cases, [(6, 2), (7, 3), (2, 3)])
  func aStepIsThatOfOneRank(it: Case, division: (batch: Int, size: Int)) throws {
    for (dtype, tolerance) in [(DType.float64, 1e-11), (.float32, 1e-5)] {
      let whole = try Self.step(it, batch: division.batch, dtype, nil)
      let outcomes = try ThreadTransport.run(division.size) {
        try Self.step(it, batch: division.batch, dtype, $0)
      }.map { try $0.get() }
      for outcome in outcomes {
        #expect(abs(outcome.loss - whole.loss) <= tolerance * abs(whole.loss))
        #expect(Self.distance(outcome.gradients, whole.gradients) <= tolerance, "\(dtype) gradients")
        for (name, expected) in whole.state {
          let distance = Self.distance(outcome.state[name] ?? [], expected)
          #expect(distance <= tolerance, "\(dtype) \(name): \(distance)")
        }
        #expect(outcome.state == outcomes[0].state && outcome.loss == outcomes[0].loss)
      }
    }
  }
}
