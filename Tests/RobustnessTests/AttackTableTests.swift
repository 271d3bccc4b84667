import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Robustness

/// What holds of every attack there is, by its name.
@TorchActor @Suite struct AttackTableTests {
  init() throws { try useOneThread() }

  nonisolated static let every = AttackKind.allCases.flatMap { kind in kind.norms.map { (kind, $0) } }

  /// Little effort: what holds must not depend on it.
  private func attack(_ kind: AttackKind) -> any Attack {
    kind.attack(AttackKind.Efforts(steps: 4, restarts: 2, queries: 60))
  }

  private func size(_ norm: PerturbationNorm) -> String {
    switch norm {
    case .linf: "6/255"
    case .l2: "1/4"
    case .l1: "3"
    }
  }

  @Test(arguments: every) func itIsInTheBallAndJudgedTruly(_ kind: AttackKind, _ norm: PerturbationNorm) throws {
    let network = try convolutionalNetwork(seed: 4)
    let pixels = try images(8, seed: 31)
    var labels = try ownLabels(network, pixels)
    labels[3] = (labels[3] + 1) % 4
    let ball = try ball(norm, size(norm))
    let batch = try AttackBatch(network, pixels: pixels, labels: labels, streams: sampleStreams(8))
    let attack = attack(kind)
    #expect(attack.name == kind.rawValue)
    #expect(!attack.settings(classes: 4).isEmpty && !kind.summary.isEmpty)
    let result = try attack.perturb(batch, within: ball, carrying: nil)
    let lengths = try plainDistances(norm, result.adversarial, pixels)
    #expect(lengths.allSatisfy { $0 <= ball.radius })
    #expect(zip(lengths, result.distances).allSatisfy { abs($0 - $1) < 1e-9 })
    #expect(try result.adversarial.min().item() >= 0 && result.adversarial.max().item() <= 1)
    let predictions = try ownLabels(network, result.adversarial)
    #expect(predictions == result.predictions)
    #expect(zip(predictions, labels).map { $0 != $1 } == result.success)
    #expect(result.success[3] && result.distances[3] == 0 && result.queries[3] == 0, "wrong clean, so left alone")
    #expect(result.queries.enumerated().allSatisfy { $0.offset == 3 || $0.element > 0 })
    if let limit = kind.efforts.first(where: { $0.effort == .queries }), kind != .auto {
      #expect(limit.effort == .queries && result.queries.allSatisfy { $0 <= 60 })
    }
    let again = try attack.perturb(batch, within: ball, carrying: nil)
    #expect(try again.adversarial.host().bytes == result.adversarial.host().bytes)
  }

  @Test(arguments: every) func whatMakesNoSenseHasADefinedAnswer(
    _ kind: AttackKind, _ norm: PerturbationNorm
  ) throws {
    let network = try convolutionalNetwork(seed: 4)
    let attack = attack(kind)
    let none = try attack.perturb(network, pixels: .zeros([0, 3, 8, 8]), labels: [], within: ball(norm, "1/10"))
    #expect(none.count == 0 && none.adversarial.shape == [0, 3, 8, 8])

    let pixels = try images(3, seed: 2)
    let one = try convolutionalNetwork(classes: 1)
    let alone = try attack.perturb(
      one, pixels: pixels, labels: [0, 0, 0], within: ball(norm, "1/2"), streams: sampleStreams(3))
    #expect(alone.success == [false, false, false])

    let constant = try DeployedNetwork(
      inputShape: network.inputShape, body: network.body, headWeight: network.headWeight.zerosLike(),
      headBias: network.headBias)
    let labels = try ownLabels(constant, pixels)
    let same = try attack.perturb(
      constant, pixels: pixels, labels: labels, within: ball(norm, "1/2"), streams: sampleStreams(3))
    #expect(same.success == [false, false, false])

    let still = try attack.perturb(
      network, pixels: pixels, labels: ownLabels(network, pixels), within: PerturbationBall(norm, .zero),
      streams: sampleStreams(3))
    #expect(try still.success == [false, false, false] && still.adversarial.equal(pixels).allTrue())

    let everything = try ball(norm, norm == .linf ? "3" : "5000")
    let free = try attack.perturb(
      network, pixels: pixels, labels: ownLabels(network, pixels), within: everything, streams: sampleStreams(3))
    #expect(try free.adversarial.min().item() >= 0 && free.adversarial.max().item() <= 1)
  }

  /// Bytes of every constant before and after.
  @Test(arguments: every) func theNetworkStaysAsItIs(_ kind: AttackKind, _ norm: PerturbationNorm) throws {
    let network = try convolutionalNetwork(seed: 6)
    func bytes() throws -> [[UInt8]] {
      var all: [[UInt8]] = []
      _ = try network.mappingTensors { tensor in
        all.append(try tensor.host().bytes)
        return tensor
      }
      return all
    }
    let before = try bytes()
    let pixels = try images(4, seed: 3)
    let held = try pixels.host().bytes
    _ = try attack(kind).perturb(
      network, pixels: pixels, labels: ownLabels(network, pixels), within: ball(norm, size(norm)),
      streams: sampleStreams(4))
    #expect(try bytes() == before && pixels.host().bytes == held)
    #expect(!network.headWeight.requiresGradient)
  }

  /// A success toward a target is the target's label, and nothing else is one.
  @Test(arguments: every) func targetsAreReachedOrNot(_ kind: AttackKind, _ norm: PerturbationNorm) throws {
    let network = try convolutionalNetwork(seed: 9)
    let pixels = try images(6, seed: 12)
    let labels = try ownLabels(network, pixels)
    let targets = [1, 2, 3, 0, labels[4], 1]
    let result = try attack(kind).perturb(
      network, pixels: pixels, labels: labels, within: ball(norm, norm == .linf ? "1/2" : norm == .l2 ? "4" : "40"),
      goal: .targets(targets), streams: sampleStreams(6))
    let predictions = try ownLabels(network, result.adversarial)
    for sample in 0..<6 {
      #expect(result.success[sample] == (predictions[sample] == targets[sample] && targets[sample] != labels[sample]))
    }
    #expect(!result.success[4], "its own label is no target")
  }

  /// Each of the four parts goes on with what the ones before it left.
  @Test func autoAttackFindsWhatAnyOfItsPartsFinds() throws {
    let network = try convolutionalNetwork(seed: 2)
    let pixels = try images(24, seed: 40)
    let labels = try ownLabels(network, pixels)
    let batch = try AttackBatch(network, pixels: pixels, labels: labels, streams: sampleStreams(24))
    let ball = try ball(.linf, "2/255")
    let ensemble = AutoAttack(steps: 10, queries: 100)
    let result = try ensemble.perturb(batch, within: ball, carrying: nil)
    let parts = ensemble.parts(.linf)
    #expect(parts.map(\.name) == ["apgd-ce", "apgd-t", "fab-t", "square"])
    #expect(ensemble.parts(.l1).map(\.name) == ["apgd-ce", "apgd-t", "fab-t"])
    var fallen = 0
    let first = try parts[0].perturb(batch, within: ball, carrying: nil)
    for sample in 0..<24 where first.success[sample] {
      fallen += 1
      #expect(result.success[sample] && result.queries[sample] == first.queries[sample])
    }
    #expect(fallen > 0 && result.success.contains(false), "the case shows nothing where all or none fall")
    for sample in 0..<24 where !result.success[sample] { #expect(result.queries[sample] > first.queries[sample]) }
  }
}
