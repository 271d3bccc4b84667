import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Robustness

/// DeepFool, Carlini and Wagner's attack, FAB and FAB-T.
@TorchActor @Suite struct NearestAttackTests {
  init() throws { try useOneThread() }

  private static let cases: [(attack: any NearestAttack, norm: PerturbationNorm)] = [
    (DeepFool(steps: 50), .l2), (DeepFool(steps: 50), .linf),
    (CarliniWagner(weights: 4, steps: 30, rate: 0.1, firstWeight: 0.1), .l2),
    (FAB(steps: 5), .linf), (FAB(steps: 5), .l2), (FAB(steps: 5), .l1),
    (FAB(steps: 5, targets: 9), .linf), (FAB(steps: 5, targets: 2), .l2), (FAB(steps: 5, targets: 9), .l1),
  ]

  /// min_j (z_y − z_j)/‖w_y − w_j‖_q, the distance to the boundary of a linear network, for each sample.
  /// - Parameter rivals: of each sample the only class j that counts; nil for all.
  private func truth(
    _ norm: PerturbationNorm, _ weight: [[Double]], _ logits: [Double], _ labels: [Int], rivals: [Int]? = nil
  ) -> [Double] {
    labels.enumerated().map { sample, label in
      weight.indices.filter { other in other != label && rivals.map { $0[sample] == other } ?? true }.map { other in
        let difference = zip(weight[label], weight[other]).map { abs($0 - $1) }
        let dual =
          switch norm {
          case .linf: difference.reduce(0, +)
          case .l2: difference.reduce(0) { $0 + $1 * $1 }.squareRoot()
          case .l1: difference.max() ?? 0
          }
        return (logits[weight.count * sample + label] - logits[weight.count * sample + other]) / dual
      }.min() ?? 0
    }
  }

  @Test(
    arguments: [
      (DeepFool(steps: 50), .l2, 1.02, 1e-4), (DeepFool(steps: 50), .linf, 1.02, 1e-4),
      (CarliniWagner(weights: 7, steps: 300, firstWeight: 0.1), .l2, 1, 0.01),
      (FAB(steps: 10), .linf, 1, 0.01), (FAB(steps: 10), .l2, 1, 0.01), (FAB(steps: 10), .l1, 1, 0.01),
      (FAB(steps: 10, targets: 9), .linf, 1, 0.01), (FAB(steps: 10, targets: 9), .l2, 1, 0.01),
      (FAB(steps: 10, targets: 9), .l1, 1, 0.01),
    ] as [(any NearestAttack, PerturbationNorm, Double, Double)])
  func onLinearNetworksTheDistanceIsTheTrueOne(
    _ attack: any NearestAttack, _ norm: PerturbationNorm, _ factor: Double, _ tolerance: Double
  ) throws {
    var tried = 0
    for seed in UInt64(0)..<3 {
      let (network, weight, _) = try randomLinearNetwork(classes: 3, dimensions: 16, seed: seed)
      let pixels = try images(6, [1, 1, 16], seed: seed + 20) * 0.2 + 0.4
      let labels = try ownLabels(network, pixels)
      let truth = truth(norm, weight, try network.logits(pixels).doubles(), labels)
      let result = try attack.nearest(AttackBatch(network, pixels: pixels, labels: labels), norm)
      let predictions = try ownLabels(network, result.adversarial)
      // Carlini and Wagner's objective has a minimum at each boundary and need not end at the nearest one.
      let expected =
        attack is CarliniWagner
        ? self.truth(norm, weight, try network.logits(pixels).doubles(), labels, rivals: predictions) : truth
      // Beyond 0.38 the box may bend the way.
      for sample in labels.indices where truth[sample] < 0.38 {
        tried += 1
        let found = try #require(result.distances[sample])
        // Of DeepFool's one step.
        let extra = attack is DeepFool ? 1e-4 : 0
        #expect(found >= truth[sample] * (1 - 1e-5), "seed \(seed): nothing lies nearer than the boundary")
        #expect(
          abs(found / ((expected[sample] + extra) * factor) - 1) < tolerance,
          "seed \(seed), sample \(sample): \(found) of \(expected[sample])")
        #expect(predictions[sample] != labels[sample])
      }
      guard attack is DeepFool else { continue }
      // One step over two boundaries, the point where it ends, and the last judgement.
      #expect(result.gradients == GradientStatistics(samples: 6, evaluations: 12))
      #expect(result.queries == Array(repeating: 3, count: 6))
    }
    #expect(tried > 6)
  }

  /// What is called an adversarial is one in the whole batch, in the box, and as far as it says.
  @Test(arguments: 0..<9) func adversarialsAreJudgedTruly(_ number: Int) throws {
    let (attack, norm) = Self.cases[number]
    let network = try convolutionalNetwork(seed: 2)
    let pixels = try images(6, seed: 40)
    var labels = try ownLabels(network, pixels)
    labels[3] = (labels[3] + 1) % 4
    let batch = try AttackBatch(network, pixels: pixels, labels: labels)
    let result = try attack.nearest(batch, norm)
    let predictions = try ownLabels(network, result.adversarial)
    let lengths = try plainDistances(norm, result.adversarial, pixels)
    #expect(try result.adversarial.min().item() >= 0 && result.adversarial.max().item() <= 1)
    for sample in labels.indices {
      let found = try #require(result.distances[sample])
      #expect(abs(found - lengths[sample]) < 1e-12 && predictions[sample] != labels[sample])
    }
    #expect(result.distances[3] == 0 && lengths[3] == 0 && result.queries[3] == 0)
    #expect(result.gradients.samples == 5 && result.gradients.nonFinite == 0)

    // Every other class can be asked for.
    let targets = labels.map { ($0 + 2) % 4 }
    let aimed = try AttackBatch(network, pixels: pixels, labels: labels, goal: .targets(targets))
    let reached = try attack.nearest(aimed, norm)
    let aimedPredictions = try ownLabels(network, reached.adversarial)
    #expect(reached.distances.contains { $0 != nil })
    for (sample, distance) in reached.distances.enumerated() where distance != nil {
      #expect(aimedPredictions[sample] == targets[sample])
    }
  }

  @Test(arguments: 0..<9) func sameBytesAgainAndTheOrderDoesNotMatter(_ number: Int) throws {
    let (attack, norm) = Self.cases[number]
    let network = try convolutionalNetwork()
    let pixels = try images(7, seed: 12)
    // Two misclassified ones, so that open samples are packed.
    let labels = try ownLabels(network, pixels).enumerated().map { $0 > 4 ? ($1 + 1) % 4 : $1 }
    let batch = try AttackBatch(network, pixels: pixels, labels: labels)
    let plain = try attack.nearest(batch, norm)
    #expect(try attack.nearest(batch, norm).adversarial.host().bytes == plain.adversarial.host().bytes)
    let order = RandomStream(seed: 4).permutation(7)
    let permuted = try attack.nearest(
      AttackBatch(network, pixels: pixels.selecting(0, Tensor(indices: order)), labels: order.map { labels[$0] }), norm)
    for (place, sample) in order.enumerated() {
      let (a, b) = (permuted.distances[place] ?? .infinity, plain.distances[sample] ?? .infinity)
      #expect(a == b || abs(a / b - 1) < 1e-3, "sample \(sample): \(a), \(b)")
      #expect(permuted.queries[place] == plain.queries[sample])
    }
  }

  @Test func degenerateNetworksHaveDefinedAnswers() throws {
    let pixels = try images(3, [1, 1, 4], seed: 3)
    let two = try linearNetwork([[1, 0, 2, 0], [0, 1, 0, 3]], [0, 0])
    let own = try ownLabels(two, pixels)
    for (attack, norm) in Self.cases {
      func distances(_ network: DeployedNetwork, _ labels: [Int]) throws -> [Double?] {
        let batch = try AttackBatch(network, pixels: pixels, labels: labels)
        let result = try attack.nearest(batch, norm)
        #expect(try result.adversarial.isFinite().allTrue())
        return result.distances
      }
      #expect(try distances(linearNetwork([[1, 2, 3, 4]], [0]), [0, 0, 0]) == [nil, nil, nil])
      #expect(try distances(two, own).allSatisfy { ($0 ?? 0) > 0 }, "\(attack.name) \(norm)")
      let constant = try linearNetwork([[0, 0, 0, 0], [0, 0, 0, 0]], [1, 0])
      #expect(try distances(constant, [0, 0, 1]) == [nil, nil, 0])
      #expect(
        try attack.nearest(AttackBatch(constant, pixels: pixels, labels: [0, 0, 1]), norm).gradients.zero == 2)
      #expect(try distances(linearNetwork([[1, 0, 0, 0], [0, 1, 0, 0]], [.nan, 0]), [0, 0, 1]) == [0, 0, 0])
      let empty = try AttackBatch(two, pixels: images(0, [1, 1, 4], seed: 1), labels: [])
      #expect(try attack.nearest(empty, norm).distances.isEmpty)
      #expect(try attack.perturb(empty, within: ball(norm, "1/10"), carrying: nil).success.isEmpty)
      let own = try AttackBatch(two, pixels: pixels, labels: own, goal: .targets(own))
      #expect(try attack.nearest(own, norm).distances == [nil, nil, nil])
    }
  }

  /// A network that favours class 1 in small batches: what falls there need not fall in the whole batch.
  private struct Fickle: Classifier {
    let network: DeployedNetwork
    let wholeBatch: Int
    var inputShape: [Int] { network.inputShape }
    var classCount: Int { 2 }
    var device: Device { network.device }

    func logits(_ pixels: Tensor) throws -> Tensor {
      let logits = try network.logits(pixels)
      return pixels.size(0) == wholeBatch ? logits : try logits + Tensor([Float(0), 0.02], [1, 2])
    }
  }

  @Test func whatFallsOnlyInAPackedBatchDoesNotCount() throws {
    let network = Fickle(network: try linearNetwork([[1, 0, 2, 0], [0, 1, 0, 3]], [0.5, 0]), wholeBatch: 8)
    let pixels = try images(8, [1, 1, 4], seed: 8)
    let batch = try AttackBatch(network, pixels: pixels, labels: Array(repeating: 0, count: 8))
    let open = batch.isOpen.indices.filter { batch.isOpen[$0] }
    try #require((2..<8).contains(open.count), "the open ones are packed")
    var found = 0
    for (attack, norm) in Self.cases {
      let result = try attack.nearest(batch, norm)
      let predictions = try network.logits(result.adversarial).argmax(1).integers()
      for sample in open where result.distances[sample] != nil {
        found += 1
        #expect(predictions[sample] == 1, "\(attack.name) \(norm)")
      }
    }
    #expect(found > open.count, "earlier and farther adversarials hold")
  }

  @Test func restartsOnlyBringAdversarialsNearer() throws {
    let network = try convolutionalNetwork(seed: 5)
    let pixels = try images(5, seed: 6)
    let labels = try ownLabels(network, pixels)
    let batch = try AttackBatch(network, pixels: pixels, labels: labels, streams: sampleStreams(5))
    var nearer = 0
    for (norm, targets) in [(PerturbationNorm.linf, 0), (.l2, 2), (.l1, 0)] {
      var attack = FAB(steps: 3, targets: targets, finalSearch: 0)
      let once = try attack.nearest(batch, norm).distances.map { $0 ?? .infinity }
      attack.restarts = 3
      let often = try attack.nearest(batch, norm).distances.map { $0 ?? .infinity }
      #expect(zip(often, once).allSatisfy { $0 <= $1 })
      nearer += zip(often, once).count { $0 < $1 }
      attack.finalSearch = 3
      let searched = try attack.nearest(batch, norm).distances.map { $0 ?? .infinity }
      #expect(zip(searched, often).allSatisfy { $0 <= $1 } && searched != often)
    }
    #expect(nearer > 0)
    // Without streams there is nothing to draw from.
    let bare = try AttackBatch(network, pixels: pixels, labels: labels)
    #expect(throws: RobustnessError.self) { try FAB(steps: 1, restarts: 2).nearest(bare, .l2) }
  }

  /// One search serves every ε: what is inside a ball counts there.
  @Test func curvesCountWhatLiesInTheBall() throws {
    let network = try convolutionalNetwork(seed: 3)
    let pixels = try images(6, seed: 9)
    let batch = try AttackBatch(network, pixels: pixels, labels: ownLabels(network, pixels))
    let attack = FAB(steps: 8)
    let distances = try attack.nearest(batch, .l2).distances.map { $0 ?? .infinity }
    let sizes = try ["1/20", "1/5", "1/2"].map { try Rational($0) }
    for (size, result) in zip(sizes, try attack.curve(batch, .l2, sizes)) {
      for sample in 0..<6 where distances[sample] <= size.value { #expect(result.success[sample]) }
    }
  }

  @Test func settingsThatMakeNoSenseAreRefused() throws {
    let network = try convolutionalNetwork()
    let batch = try AttackBatch(network, pixels: images(1, seed: 1), labels: [0])
    for (attack, norm) in [
      (DeepFool(steps: 50), .l1), (DeepFool(steps: 0), .l2), (DeepFool(steps: 50, candidates: 1), .l2),
      (DeepFool(steps: 50, overshoot: -1), .l2),
      (CarliniWagner(steps: 1000), .linf), (CarliniWagner(steps: 1000), .l1),
      (CarliniWagner(weights: 0, steps: 1000), .l2),
      (CarliniWagner(steps: 0), .l2), (CarliniWagner(steps: 1000, rate: 0), .l2),
      (CarliniWagner(steps: 1000, firstWeight: .infinity), .l2),
      (FAB(steps: 0), .l2), (FAB(steps: 100, restarts: 0), .l2), (FAB(steps: 100, targets: -1), .l2),
      (FAB(steps: 100, largestBias: 2), .l2),
      (FAB(steps: 100, extrapolation: 0.5), .l2), (FAB(steps: 100, backwardStep: 1), .l2),
      (FAB(steps: 100, finalSearch: -1), .l2),
      (FAB(steps: 100, startRadius: 0), .l2),
    ] as [(any NearestAttack, PerturbationNorm)] {
      #expect(throws: RobustnessError.self) { try attack.nearest(batch, norm) }
    }
    #expect(
      ["deepfool", "cw", "fab", "fab-t"] == [
        DeepFool(steps: 50).name, CarliniWagner(steps: 1000).name, FAB(steps: 100).name,
        FAB(steps: 100, targets: 9).name,
      ])
  }
}
