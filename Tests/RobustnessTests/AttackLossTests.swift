import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct AttackLossTests {
  init() throws { try useOneThread() }

  private let logits: [Float] = [3, 1, 0.5, -1, 2, 2.5]

  @Test func closedForms() throws {
    let z = try Tensor(logits, [2, 3])
    let labels = try Tensor(indices: [0, 1])
    #expect(try AttackLoss.logitMargin.values(z, labels).doubles() == [-2, 0.5])
    // −(3 − 1)/(3 − 0.5) and (2.5 − 2)/(2.5 + 1).
    let dlr = try AttackLoss.dlr.values(z, labels).doubles()
    #expect(abs(dlr[0] + 0.8) < 1e-6 && abs(dlr[1] - 0.5 / 3.5) < 1e-6)
    let uniform = try AttackLoss.crossEntropy.values(Tensor.zeros([1, 3]), Tensor(indices: [2])).item()
    #expect(abs(uniform - 1.0986122886681098) < 1e-6)
  }

  @Test func withTwoClassesDLRIsTheMarginAndSaysSo() throws {
    let z = try Tensor([3, 1, -1, 2] as [Float], [2, 2])
    let labels = try Tensor(indices: [0, 0])
    #expect(try AttackLoss.dlr.values(z, labels).doubles() == AttackLoss.logitMargin.values(z, labels).doubles())
    #expect(AttackLoss.dlr.note(classes: 2)?.contains("logit margin") == true)
    #expect(PGD(steps: 20, loss: .dlr).settings(classes: 2).contains("logit margin"))
    #expect(!PGD(steps: 20, loss: .dlr).settings(classes: 3).contains("logit margin"))
    #expect(AttackLoss.dlr.note(classes: 3) == nil && AttackLoss.crossEntropy.note(classes: 2) == nil)
    #expect(AttackLoss.dlr.effective(classes: 2) == .logitMargin && AttackLoss.dlr.effective(classes: 3) == .dlr)
  }

  @Test func dlrDoesNotDependOnTheScaleOfLogits() throws {
    let z = try Tensor(logits, [2, 3])
    let labels = try Tensor(indices: [0, 1])
    let (plain, scaled) = try (AttackLoss.dlr.values(z, labels), AttackLoss.dlr.values(z * 1e4, labels))
    #expect(try (plain - scaled).abs().max().item() < 1e-6)
  }
}
