import Results
import TensorFiles
import Testing
import TorchCore

@testable import Robustness

/// Against torchattacks in L∞ and L2 and a plain program in L1, from the same starts: see Tools/oracles/apgd.py.
@TorchActor @Suite struct GoldenAPGDTests {
  init() throws { try useOneThread() }

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let norm: PerturbationNorm
    let epsilon: String
    let loss: AttackLoss
    let isTargeted: Bool
    var testDescription: String { name }

    static let all: [Case] = [
      ("linf", PerturbationNorm.linf, "1/64"), ("l2", .l2, "1/8"), ("l1", .l1, "1"), ("l1_shrinking", .l1, "1"),
    ].flatMap { norm in
      [("ce", AttackLoss.crossEntropy, false), ("dlr", .dlr, false), ("targeted", .dlr, true)].map {
        Case(name: "\(norm.0)_\($0.0)", norm: norm.1, epsilon: norm.2, loss: $0.1, isTargeted: $0.2)
      }
    }.filter { $0.name != "l1_shrinking_dlr" }
  }

  private func load(_ item: Case) throws -> (AttackBatch, AttackObjective, (String) throws -> Tensor) {
    let golden = try fixture("apgd.safetensors")
    let part = { (name: String) in try golden.tensor("\(item.name).\(name)") }
    let batch = try AttackBatch(
      goldenNetwork(fixture("attacks.safetensors")), pixels: part("images"), labels: part("labels").integers())
    let objective = try AttackObjective(
      item.loss, labels: batch.labelTensor, targets: item.isTargeted ? part("targets") : nil)
    return (batch, objective, part)
  }

  private func largestDifference(_ a: Tensor, _ b: Tensor) throws -> Double { try (a - b).abs().max().item() }

  /// Every point's loss, also of samples that fell on the way.
  @Test(arguments: Case.all.filter { !$0.name.contains("shrinking") })
  func everyLossOfTheTrajectory(_ item: Case) throws {
    let (batch, objective, golden) = try load(item)
    let expected = try golden("losses")
    let steps = expected.size(0) - 1
    var ascent = try AutoAscent(
      LiveRows(Array(0..<batch.count)), from: golden("start"),
      in: FeasibleSet(ball(item.norm, item.epsilon), around: batch.pixels), objective, steps: steps)
    var losses: [Tensor] = []
    for _ in 0..<steps {
      let pass = try InputGradient(batch.network, ascent.points, objective)
      losses.append(pass.losses)
      try ascent.see(pass)
      try ascent.advance()
    }
    losses.append(try objective.values(batch.network.logits(ascent.points)))
    try ascent.see(losses: losses[steps])
    let apart = try (Tensor.stacked(losses) - expected).abs().max([1]).doubles()
    #expect(apart.allSatisfy { $0 < 1e-4 }, "from pass \(apart.firstIndex { $0 >= 1e-4 } ?? 0): \(apart.max() ?? 0)")
    #expect(try largestDifference(ascent.best, golden("best")) < 2e-5)
    // The best loss is the highest that was passed.
    #expect(try largestDifference(ascent.bestLosses, Tensor.stacked(losses).max([0])) == 0)
  }

  @Test(arguments: Case.all)
  func whatIsFound(_ item: Case) throws {
    let (batch, objective, golden) = try load(item)
    let attack = APGD(loss: item.loss, steps: 30, shrinksBall: item.name.contains("shrinking"))
    let ball = try ball(item.norm, item.epsilon)
    var search = try AttackSearch(batch, FeasibleSet(ball, around: batch.pixels), carrying: nil)
    let balls = try attack.balls(ball, around: batch.pixels, inside: search.set)
    try attack.climb(&search, balls, Array(0..<batch.count), from: golden("start"), objective)
    let result = try search.result()
    let expected = try golden("adversarial")
    #expect(try largestDifference(result.adversarial, expected) < 2e-5)
    #expect(
      try zip(ownLabels(goldenNetwork(fixture("attacks.safetensors")), expected), batch.labels).map(!=)
        == result.success)
    #expect(result.success.contains(true) && result.success.contains(false), "the case shows both")
  }
}
