import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Robustness

/// Searching in bfloat16: the verdict stays the network's own.
@TorchActor
@Suite struct ReducedPrecisionTests {
  init() throws { try useOneThread() }

  private func batch(_ network: any Classifier, count: Int, preparing: Bool = true) throws -> AttackBatch {
    let stream = RandomStream(seed: 21)
    let pixels = try Tensor.uniform([count] + network.inputShape, stream.stream("pixels"))
    let labels = try count == 0 ? [] : network.logits(pixels).argmax(1).integers()
    return try AttackBatch(
      network, pixels: pixels, labels: labels, streams: (0..<count).map { stream.stream($0) },
      preparingGradient: preparing)
  }

  @Test func logitsAreThoseOfTheNetworkToHalfTheDigits() throws {
    let network = try convolutionalNetwork()
    let pixels = try Tensor.uniform([16] + network.inputShape, RandomStream(seed: 1).stream("pixels"))
    let (exact, reduced) = try (network.logits(pixels), ReducedPrecision(network).logits(pixels))
    #expect(try reduced.dtype == .float32)
    let largest = try exact.abs().max().item()
    let difference = try (exact - reduced).abs().max().item()
    // 8 bits a number through three layers.
    #expect(difference > 0 && difference < 0.03 * largest)
  }

  /// Every success holds in fp32 inside ball and box, and nearly all that the full search finds is found.
  @Test func successesAreJudgedByTheNetworkItself() throws {
    let network = try convolutionalNetwork(gain: 3)
    let batch = try batch(network, count: 64)
    for attack: any Attack in [FGSM(), PGD(steps: 5, restarts: 2), APGD(loss: .dlr, steps: 10), Square(queries: 40)] {
      for ball in [PerturbationBall(.linf, try Rational("4/255")), PerturbationBall(.l2, try Rational("1/4"))] {
        let full = try attack.perturb(batch, within: ball, carrying: nil)
        let found = try ReducedPrecisionSearch(attack).perturb(batch, within: ball, carrying: nil)
        let verdict = try Judgement(network, found.adversarial, labels: batch.labels)
        #expect(found.success == verdict.reached, "\(attack.name) \(ball)")
        #expect(found.predictions == verdict.predictions)
        let lengths = try distances(ball.norm, found.adversarial, from: batch.pixels)
        #expect(lengths.allSatisfy { $0 <= ball.radius })
        #expect(try found.adversarial.min().item() >= 0 && found.adversarial.max().item() <= 1)
        let (own, others) = (found.success.count { $0 }, full.success.count { $0 })
        #expect(abs(own - others) <= 3, "\(attack.name) \(ball): \(own), \(others) in full precision")
      }
    }
  }

  /// A network that bfloat16 rounds to another one: a search there succeeds where the network itself withstands, is
  /// refuted, and is made again.
  @Test func whatTheNetworkRefutesIsSearchedAgain() throws {
    // Of 1.0035 bfloat16 keeps 1, so that the first pixel says nothing there.
    let network = try linearNetwork([[1.0035, 0], [1, 0.004]], [0, 0])
    let pixels = try Tensor([0.95, 0.3, 0.5, 0.3] as [Float], [2, 1, 1, 2])
    let batch = try AttackBatch(network, pixels: pixels, labels: [0, 0])
    #expect(batch.isOpen == [true, true])
    // The margin is 0.0035 x₁ − 0.004 x₂: the first image withstands steps of 1/4, the second does not.
    let near = try ReducedPrecisionSearch(PGD(steps: 4)).perturb(
      batch, within: PerturbationBall(.linf, Rational("1/4")), carrying: nil)
    #expect(near.success == [false, true])
    #expect(near.refuted == 1)
    let curve = try ReducedPrecisionSearch(FGSM()).curve(
      batch, .linf, [Rational("1/10"), Rational("1/4"), Rational("2/5")], form: .envelope)
    #expect(curve.map(\.success) == [[false, false], [false, true], [true, true]])
  }

  /// What has no form in bfloat16 gets the very search that it would get without it.
  @Test func whatHasNoSuchFormIsSearchedAsItIs() throws {
    let batch = try batch(CountingNetwork(convolutionalNetwork(gain: 3)), count: 24)
    let ball = PerturbationBall(.linf, try Rational("8/255"))
    let plain = try PGD(steps: 3).perturb(batch, within: ball, carrying: nil)
    let searched = try ReducedPrecisionSearch(PGD(steps: 3)).perturb(batch, within: ball, carrying: nil)
    #expect(plain.success.contains(true) && plain.refuted == nil)
    #expect(searched.success == plain.success && searched.refuted == 0)
    #expect(try searched.adversarial.floats() == plain.adversarial.floats())
  }

  @Test func whatCannotBeSearchedSoIsRefused() throws {
    let network = try convolutionalNetwork()
    let implicit = try DeployedNetwork(
      inputShape: network.inputShape,
      body: [Stage("block", .implicit(branch: [Stage("relu", .relu)], step: 0.1)), Stage("flatten", .flatten)],
      headWeight: .ones([2, 192]), headBias: .zeros([2]))
    #expect(throws: RobustnessError.self) { try ReducedPrecision(implicit) }
    let empty = try batch(network, count: 0)
    #expect(
      try ReducedPrecisionSearch(FGSM()).perturb(
        empty, within: PerturbationBall(.linf, Rational("1/4")), carrying: nil
      ).success.isEmpty)
  }
}
