import Results
import Testing
import TorchCore

@testable import Robustness

/// Against Foolbox and torchattacks: see Tools/oracles/nearest.py, which has the same settings.
@TorchActor @Suite struct GoldenNearestTests {
  init() throws { try useOneThread() }

  @Test(
    arguments: [
      ("deepfool.l2", DeepFool(steps: 50), .l2), ("deepfool.linf", DeepFool(steps: 50), .linf),
      ("cw.l2", CarliniWagner(weights: 6, steps: 120, firstWeight: 0.01), .l2),
      ("fab.linf", FAB(steps: 30), .linf), ("fab.l2", FAB(steps: 30), .l2), ("fab.l1", FAB(steps: 30), .l1),
      ("fab-t.linf", FAB(steps: 30, targets: 9), .linf), ("fab-t.l2", FAB(steps: 30, targets: 9), .l2),
      ("fab-t.l1", FAB(steps: 30, targets: 9), .l1),
    ] as [(String, any NearestAttack, PerturbationNorm)])
  func distances(_ name: String, _ attack: any NearestAttack, _ norm: PerturbationNorm) throws {
    let (network, other) = (try fixture("attacks.safetensors"), try fixture("nearest.safetensors"))
    let batch = try AttackBatch(
      goldenNetwork(network), pixels: network.tensor("images"), labels: network.tensor("labels").integers())
    let found = try attack.nearest(batch, norm).distances.map { $0 ?? .infinity }
    let theirs = try other.tensor(name).doubles()
    #expect(found[10...] == [0, 0] && theirs[10...] == [0, 0], "two of the twelve are misclassified when clean")
    let ratios = zip(found, theirs).prefix(10).map { $0 / $1 }.sorted()
    #expect((ratios[4] + ratios[5]) / 2 <= 1.01, "\(ratios)")
    #expect(ratios.reduce(0, +) / 10 <= 1.1, "\(ratios)")
    if name == "cw.l2" {
      let single = try other.tensor("cw.l2.single").doubles()
      #expect(zip(found, single).allSatisfy { $0 <= $1 * 1.01 })
    }
  }
}
