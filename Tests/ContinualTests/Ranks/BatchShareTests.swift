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
    let share = ranks.map { BatchShare(of: batch, $0) }
    let learning = share.map(tiny.learning.sharing) ?? tiny.learning
    let own = try it.objective().evaluate(
      learning, tiny.inputs, tiny.outputs, rows: share?.rows, step: 4, tiny.stream
    ).loss
    let parameters = trainableParameters(of: [("trunk", tiny.trunk), ("head", tiny.head)])
    let optimizer = try OptimizerDescription(learningRate: 0.1).makeOptimizer(for: parameters)
    let weighted = try own * (share?.weight ?? 1)
    let gradients = try share?.sum(optimizer.gradients(of: weighted)) ?? optimizer.gradients(of: weighted)
    try optimizer.step(gradients: gradients, rate: 0.1)
    let state = try tiny.trunk.state().merging(tiny.head.state()) { $1 }
    return Outcome(
      loss: try share?.sum(weighted.item()) ?? weighted.item(), gradients: try gradients.flatMap { try $0.doubles() },
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
