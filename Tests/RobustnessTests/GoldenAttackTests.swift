import Results
import Testing
import TorchCore

@testable import Robustness

/// Against PyTorch: see Tools/oracles/attacks.py.
@TorchActor @Suite struct GoldenAttackTests {
  init() throws { try useOneThread() }

  private func batch() throws -> (AttackBatch, (String) throws -> Tensor) {
    let golden = try fixture("attacks.safetensors")
    let batch = try AttackBatch(
      goldenNetwork(golden), pixels: golden.tensor("images"), labels: golden.tensor("labels").integers())
    return (batch, golden.tensor)
  }

  private func largestDifference(_ a: Tensor, _ b: Tensor) throws -> Double { try (a - b).abs().max().item() }

  @Test(arguments: [("cross_entropy", AttackLoss.crossEntropy), ("margin", .logitMargin), ("dlr", .dlr)])
  func lossesAndTheirGradients(_ name: String, _ loss: AttackLoss) throws {
    let (batch, golden) = try batch()
    let pass = try InputGradient(batch.network, batch.pixels, batch.objective(loss))
    #expect(try largestDifference(pass.losses, golden("loss.\(name)")) < 1e-5)
    let expected = try golden("gradient.\(name)")
    #expect(try largestDifference(pass.gradient, expected) < 1e-5 * expected.abs().max().item())
  }

  @Test(arguments: [("fgsm", "linf"), ("fgsm", "l2"), ("pgd", "linf"), ("pgd", "l2")])
  func attacks(_ name: String, _ norm: String) throws {
    let (batch, golden) = try batch()
    let ball = norm == "linf" ? try ball(.linf, "1/64") : try ball(.l2, "1/4")
    let attack: any Attack = name == "fgsm" ? FGSM() : PGD(steps: 10, starts: [.clean])
    let result = try attack.perturb(batch, within: ball, carrying: nil)
    let expected = try golden("success.\(name)_\(norm)").integers().map { $0 == 1 }
    #expect(result.success == expected)
    #expect(try largestDifference(result.adversarial, golden("\(name)_\(norm)")) < 5e-6)
    #expect(result.gradients.samples == 10, "two of the twelve are misclassified when clean")
  }
}
