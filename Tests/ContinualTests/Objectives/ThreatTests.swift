import Foundation
import RandomStreams
import ResidualNets
import Results
import Robustness
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct ThreatTests {
  init() throws { try Torch.setThreads(1) }

  static func settings(_ method: Configuration.Adversarial.Method, _ norm: PerturbationNorm = .linf) throws
    -> Configuration.Adversarial
  {
    var it = Configuration.Adversarial()
    (it.method, it.norm, it.steps) = (method, norm, 5)
    it.epsilon = try Rational(norm == .linf ? "8/255" : "1/2")
    return it
  }

  /// Every method stays in the exact ball and the box, and finds images that cost more.
  @Test(arguments: [Configuration.Adversarial.Method.fgsmRS, .pgd, .trades], [PerturbationNorm.linf, .l2])
  func perturbationsAreInBallAndBoxAndRaiseTheLoss(
    method: Configuration.Adversarial.Method, norm: PerturbationNorm
  ) throws {
    let settings = try Self.settings(method, norm)
    let threat = try #require(try settings.threat)
    for seed in UInt64(0)..<5 {
      let tiny = try TinyNetwork(seed: seed)
      // Pixels at the edges of the box, so that clipping matters.
      let clean = try (tiny.inputs * 1.4 - 0.2).clamped(0, 1)
      let perturbed = try threat.perturbed(clean, tiny.outputs, tiny.learning, tiny.stream)
      let shift = try (perturbed.to(.float64) - clean.to(.float64)).flattened()
      let sizes = try (norm == .linf ? shift.abs().max([1]) : shift.norm(2, [1])).doubles()
      #expect(sizes.allSatisfy { $0 <= (norm == .linf ? 8.0 / 255 : 0.5) }, "seed \(seed): \(sizes)")
      #expect(sizes.allSatisfy { $0 > 1e-4 }, "seed \(seed)")
      #expect(try perturbed.min().item() >= 0 && perturbed.max().item() <= 1, "seed \(seed)")
      #expect(!perturbed.requiresGradient)
      // TRADES moves the answer away from the clean one, whatever the label.
      let rise =
        try method == .trades
        ? withoutGradients {
          try tiny.learning.answers(clean, tiny.outputs, .evaluation, draws: nil)
            .divergence(to: tiny.learning.answers(perturbed, tiny.outputs, .evaluation, draws: nil)).item()
        } : tiny.loss(perturbed) - tiny.loss(clean)
      #expect(rise > 1e-7, "seed \(seed): \(rise)")
      // The stream decides.
      let again = try threat.perturbed(clean, tiny.outputs, tiny.learning, tiny.stream)
      let other = try threat.perturbed(clean, tiny.outputs, tiny.learning, tiny.stream.stream("other"))
      #expect(try again.floats() == perturbed.floats())
      #expect(try other.floats() != perturbed.floats())
    }
  }

  /// x₁ = clip(x₀ + α sign ∇CE), x₀ = x + ε(2u − 1): clipped and α = 2.5 ε for one step of PGD, as it is and α = 1.25 ε
  /// for FGSM-RS.
  @Test(arguments: [(Configuration.Adversarial.Method.pgd, 2.5), (.fgsmRS, 1.25)])
  func oneStepIsTheFormula(method: Configuration.Adversarial.Method, factor: Double) throws {
    var settings = try Self.settings(method)
    settings.steps = 1
    let epsilon = 8.0 / 255
    for seed in UInt64(0)..<5 {
      let tiny = try TinyNetwork(NetworkDescription(width: 4, norm: .group), seed: seed)
      let x = tiny.inputs
      let low = try (x - epsilon).clamped(0, 1)
      let high = try (x + epsilon).clamped(0, 1)
      let streams = tiny.outputs.indices.map { tiny.stream.stream($0) }
      let u = try Tensor.uniform(perSample: streams, Array(x.shape.dropFirst()))
      let random = try x + (u * 2 - 1) * epsilon
      let start = try (method == .pgd ? random.clamped(low, high) : random).asLeaf()
      let logits = try tiny.head.forward(tiny.trunk.features(start, through: nil, .evaluation), .evaluation)
      let gradient = try #require(
        try gradients(of: logits.crossEntropy(Tensor(indices: tiny.outputs)), withRespectTo: [start])[0])
      let expected = try (start.detached() + gradient.sign() * (factor * epsilon)).clamped(low, high)
      let found = try #require(try settings.threat).perturbed(x, tiny.outputs, tiny.learning, tiny.stream)
      #expect(try (found - expected).abs().max().item() < 1e-6, "seed \(seed)")
    }
  }

  /// No parameter, statistic, power iteration or flag moves while a batch is crafted.
  @Test func craftingLeavesTheNetworkAsItIs() throws {
    for description in [
      NetworkDescription(width: 4), NetworkDescription(width: 4, norm: .none, branchBudget: 0.5),
      NetworkDescription(architecture: .mlp, depth: 2, width: 8, norm: .none, survival: 0.5, branchBudget: 1),
    ] {
      for method in [Configuration.Adversarial.Method.fgsmRS, .pgd, .trades] {
        let tiny = try TinyNetwork(description, seed: 3)
        // One step in training first, so that statistics are not what they began as.
        _ = try tiny.learning.answers(tiny.inputs, tiny.outputs, .training, draws: tiny.stream)
        let before = try tiny.state()
        let pixels = try tiny.inputs.floats()
        let threat = try #require(try Self.settings(method).threat)
        _ = try threat.perturbed(tiny.inputs, tiny.outputs, tiny.learning, tiny.stream)
        #expect(try tiny.state() == before, "\(method)")
        #expect(try tiny.inputs.floats() == pixels)
        // The step itself does train: statistics move then.
        _ = try Objective(threat: threat).evaluate(tiny.learning, tiny.inputs, tiny.outputs, step: 0, tiny.stream)
        #expect(try tiny.state() != before, "\(method)")
      }
    }
  }

  /// KL and cross-entropy of given logits, computed with plain numbers.
  @Test func divergenceIsTheSumOverClasses() throws {
    let p: [[Double]] = [[1, 2, -1], [0.5, 0, 3], [2, 2, 2]]
    let q: [[Double]] = [[0, 1, 1], [0.5, 0.25, 2], [-1, 0, 4]]
    func softmax(_ z: [Double]) -> [Double] {
      let sum = z.map(exp).reduce(0, +)
      return z.map { exp($0) / sum }
    }
    func divergence(_ a: [Double], _ b: [Double]) -> Double {
      zip(softmax(a), softmax(b)).map { $0 * log($0 / $1) }.reduce(0, +)
    }
    func answers(_ rows: [[Double]], split: Bool) throws -> Answers {
      func group(_ places: [Int]) throws -> Answers.Group {
        .init(rows: places, logits: try Tensor(places.flatMap { rows[$0] }, [places.count, 3]), first: 0)
      }
      return Answers(
        groups: try split ? [group([0, 2]), group([1])] : [group([0, 1, 2])], features: try Tensor.zeros([3, 1]),
        outputs: [0, 1, 2])
    }
    let expected = zip(p, q).map(divergence).reduce(0, +) / 3
    for split in [false, true] {
      let found = try answers(p, split: split).divergence(to: answers(q, split: split)).item()
      #expect(abs(found - expected) < 1e-12)
    }
  }

  /// CE(clean) + β·KL(clean ‖ perturbed), in training mode, on a network whose modes agree.
  @Test func tradesIsItsFormula() throws {
    var settings = try Self.settings(.trades)
    settings.beta = 4
    let tiny = try TinyNetwork(NetworkDescription(width: 4, norm: .group), seed: 5)
    let threat = try #require(try settings.threat)
    let perturbed = try threat.perturbed(
      tiny.inputs, tiny.outputs, tiny.learning, tiny.stream.stream("threat").stream(7))
    func probabilities(_ x: Tensor) throws -> [[Double]] {
      let logits = try withoutGradients {
        try tiny.head.forward(tiny.trunk.features(x, through: nil, .training), .training).doubles()
      }
      return stride(from: 0, to: logits.count, by: 3).map { start in
        let row = logits[start..<start + 3].map(exp)
        return row.map { $0 / row.reduce(0, +) }
      }
    }
    let (p, q) = (try probabilities(tiny.inputs), try probabilities(perturbed))
    let count = Double(tiny.outputs.count)
    let crossEntropy = zip(p, tiny.outputs).map { -log($0[$1]) }.reduce(0, +) / count
    let divergence = zip(p, q).flatMap { zip($0, $1).map { $0 * log($0 / $1) } }.reduce(0, +) / count
    let found = try Objective(threat: threat).evaluate(
      tiny.learning, tiny.inputs, tiny.outputs, step: 7, tiny.stream
    ).loss.item()
    #expect(divergence > 1e-5)
    #expect(abs(found - (crossEntropy + 4 * divergence)) < 1e-5)
  }
}
