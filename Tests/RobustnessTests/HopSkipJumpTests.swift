import Foundation
import RandomStreams
import Results
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct HopSkipJumpTests {
  init() throws { try useOneThread() }

  /// On a linear network the boundary with class j lies at (z_y − z_j)/‖w_y − w_j‖, in the dual norm. With two classes
  /// that is the true distance. With three the adversarial region is a union of two half-spaces, each with a nearest
  /// point that labels around it cannot tell from the best one: the walk ends at one of them. 2000 queries come within
  /// 5 % of it in L2. L∞ takes the signs of the estimate, and those of the normal's smallest entries are left to
  /// chance: the median is within 5 %, every one within 10 %.
  @Test(arguments: [(PerturbationNorm.l2, 2), (.l2, 3), (.linf, 2), (.linf, 3)])
  func onLinearNetworksComesNearTheBoundary(_ norm: PerturbationNorm, _ classes: Int) throws {
    var excesses: [Double] = []
    for seed in UInt64(0)..<3 {
      let (network, weight, _) = try randomLinearNetwork(classes: classes, dimensions: 16, seed: seed)
      let pixels = try images(12, [1, 1, 16], seed: seed + 20) * 0.2 + 0.4
      let labels = try ownLabels(network, pixels)
      let logits = try network.logits(pixels).doubles()
      let truth = labels.indices.map { sample in
        (0..<classes).filter { $0 != labels[sample] }.map { other in
          let slopes = zip(weight[labels[sample]], weight[other]).map { abs($0 - $1) }
          let dual = norm == .l2 ? slopes.reduce(0) { $0 + $1 * $1 }.squareRoot() : slopes.reduce(0, +)
          return (logits[classes * sample + labels[sample]] - logits[classes * sample + other]) / dual
        }.sorted()
      }
      let batch = try AttackBatch(network, pixels: pixels, labels: labels, streams: sampleStreams(12, seed: seed))
      let result = try HopSkipJump(queries: 2000).nearest(batch, norm)
      let lengths = try plainDistances(norm, result.adversarial, pixels)
      let predictions = try ownLabels(network, result.adversarial)
      // Beyond 0.4 the box may bend the way; beyond 0.1 in every one of 16 pixels noise seldom lies across a boundary.
      let reach = norm == .l2 ? 0.4 : 0.1
      for sample in labels.indices where truth[sample][0] < reach && truth[sample].allSatisfy({ $0 < 0.4 }) {
        let found = try #require(result.distances[sample], "seed \(seed), sample \(sample)")
        #expect(found >= truth[sample][0] * (1 - 1e-4), "nothing lies nearer than the boundary")
        // Over the nearest boundary at which the point can lie.
        let excess = try #require(truth[sample].map { found / $0 }.filter { $0 >= 1 - 1e-4 }.min()) - 1
        #expect(
          excess < (norm == .l2 ? 0.05 : 0.1), "seed \(seed), sample \(sample): \(found) of \(truth[sample])")
        #expect(abs(found - lengths[sample]) < 1e-9 && predictions[sample] != labels[sample])
        #expect(result.queries[sample] <= 2000)
        excesses.append(excess)
      }
    }
    #expect(excesses.count >= 5, "the case shows nothing where nothing is near")
    #expect(excesses.sorted()[excesses.count / 2] < 0.05)
  }

  /// Against Foolbox with as many queries: see Tools/oracles/square.py. Paired over images, the logarithms of our
  /// distances are no larger than chance allows.
  @Test(arguments: [(PerturbationNorm.l2, "hop_skip_jump_l2", 0), (.linf, "hop_skip_jump_linf", 1)])
  func comesAsNearAsTheReference(_ norm: PerturbationNorm, _ name: String, _ place: Int) throws {
    let golden = try fixture("black-box.safetensors")
    let network = try goldenNetwork(fixture("attacks.safetensors"))
    let reference = try golden.tensor(name).doubles()
    let queries = Int(try golden.tensor("hop_skip_jump_queries").doubles()[place])
    let pixels = try golden.tensor("images").narrowed(0, from: 0, count: reference.count)
    let labels = Array(try golden.tensor("labels").integers().prefix(reference.count))
    let batch = try AttackBatch(network, pixels: pixels, labels: labels, streams: sampleStreams(reference.count))
    let result = try HopSkipJump(queries: queries).nearest(batch, norm)
    let excess = try zip(result.distances, reference).map { try log(#require($0) / $1) }
    let (mean, error) = meanAndError(excess)
    #expect(mean < 2 * error, "\(norm): \(exp(mean)) times the reference's distance, ± \(error)")
    #expect(result.queries.allSatisfy { $0 <= queries })
  }

  /// What the network says besides its label changes nothing at all.
  @Test func labelsAreAllThatItUses() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(4, seed: 3)
    let labels = try ownLabels(network, pixels)
    for norm in [PerturbationNorm.l2, .linf] {
      let results = try [network, LabelNetwork(network: network)].map { (network: any Classifier) in
        try HopSkipJump(queries: 300).nearest(
          AttackBatch(
            network, pixels: pixels, labels: labels, streams: sampleStreams(4), preparingGradient: false), norm)
      }
      #expect(try results[0].adversarial.host().bytes == results[1].adversarial.host().bytes)
      #expect(results[0].distances == results[1].distances)
    }
  }

  @Test func theBudgetIsKept() throws {
    let pixels = try images(5, seed: 8)
    let plain = try convolutionalNetwork(seed: 3)
    let labels = try ownLabels(plain, pixels)
    for norm in [PerturbationNorm.l2, .linf] {
      for budget in [4, 20, 150, 400] {
        let network = CountingNetwork(plain)
        let batch = try AttackBatch(
          network, pixels: pixels, labels: labels, streams: sampleStreams(5), preparingGradient: false)
        let before = network.shown
        let result = try HopSkipJump(queries: budget).nearest(batch, norm)
        #expect(result.queries.allSatisfy { $0 < budget })
        let total = result.queries.reduce(0, +)
        // A second verdict shows the whole batch, though it is asked for one sample.
        #expect((total...total + 5).contains(network.shown - before))
        let ball = try HopSkipJump(queries: budget).perturb(batch, within: ball(norm, "1/2"), carrying: nil)
        #expect(ball.queries.allSatisfy { $0 <= budget })
      }
    }
  }

  @Test func aSampleIsAttackedAsIfItWereAlone() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(5, seed: 12)
    let labels = try ownLabels(network, pixels)
    let order = RandomStream(seed: 4).permutation(5)
    for norm in [PerturbationNorm.l2, .linf] {
      let run = { (places: [Int], seed: UInt64) in
        let streams = sampleStreams(5, seed: seed)
        return try HopSkipJump(queries: 300).nearest(
          AttackBatch(
            network, pixels: pixels.selecting(0, Tensor(indices: places)), labels: places.map { labels[$0] },
            streams: places.map { streams[$0] }), norm)
      }
      let plain = try run(Array(0..<5), 5)
      #expect(try run(Array(0..<5), 5).adversarial.host().bytes == plain.adversarial.host().bytes)
      #expect(try run(Array(0..<5), 6).adversarial.host().bytes != plain.adversarial.host().bytes)
      let permuted = try run(order, 5)
      for (place, sample) in order.enumerated() {
        let (there, here) = try (#require(permuted.distances[place]), #require(plain.distances[sample]))
        #expect(abs(there - here) < 1e-3 * here, "\(norm) sample \(sample)")
      }
    }
  }

  @Test func ballsTargetsAndWhatCannotBeFound() throws {
    let network = try convolutionalNetwork(seed: 2)
    let pixels = try images(4, seed: 6)
    var labels = try ownLabels(network, pixels)
    labels[1] = (labels[1] + 1) % 4
    let attack = HopSkipJump(queries: 300)
    let batch = try AttackBatch(network, pixels: pixels, labels: labels, streams: sampleStreams(4))
    for norm in [PerturbationNorm.l2, .linf] {
      let curve = try attack.curve(batch, norm, [Rational("0"), Rational("20")])
      #expect(try curve[0].adversarial.equal(pixels).allTrue() && curve[0].success == [false, true, false, false])
      let nearest = try attack.nearest(batch, norm)
      #expect(curve[1].success == nearest.distances.map { $0 != nil } && nearest.distances[1] == 0)
      let lengths = try plainDistances(norm, curve[1].adversarial, pixels)
      #expect(zip(lengths, curve[1].distances).allSatisfy { abs($0 - $1) < 1e-12 })
      #expect(try nearest.adversarial.min().item() >= 0 && nearest.adversarial.max().item() <= 1)

      let targets = labels.map { ($0 + 2) % 4 }
      let aimed = try attack.nearest(
        AttackBatch(
          network, pixels: pixels, labels: labels, goal: .targets(targets), streams: sampleStreams(4)), norm)
      let reached = try ownLabels(network, aimed.adversarial)
      for sample in 0..<4 where aimed.distances[sample] != nil { #expect(reached[sample] == targets[sample]) }
      #expect(aimed.distances.contains { $0 != nil })

      let one = try convolutionalNetwork(classes: 1)
      let never = try attack.nearest(
        AttackBatch(one, pixels: pixels, labels: [0, 0, 0, 0], streams: sampleStreams(4)), norm)
      #expect(never.distances == [nil, nil, nil, nil])
      #expect(try never.adversarial.equal(pixels).allTrue())
      let empty = try AttackBatch(network, pixels: .zeros([0, 3, 8, 8]), labels: [])
      #expect(try attack.nearest(empty, norm).distances.isEmpty)
    }
  }

  @Test func settingsThatMakeNoSenseAreRefused() throws {
    let network = try convolutionalNetwork()
    let batch = try AttackBatch(network, pixels: images(1, seed: 1), labels: [0], streams: sampleStreams(1))
    for attack in [
      HopSkipJump(queries: 3), HopSkipJump(queries: 5000, firstEstimate: 0), HopSkipJump(queries: 5000, starts: 0),
    ] {
      #expect(throws: RobustnessError.self) { try attack.nearest(batch, .l2) }
    }
    #expect(throws: RobustnessError.unsupportedNorm(attack: "HopSkipJump", norm: .l1)) {
      try HopSkipJump(queries: 5000).nearest(batch, .l1)
    }
  }
}
