import Results
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct FGSMTests {
  init() throws { try useOneThread() }

  /// On two linear classes FGSM is optimal in L∞: the margin falls by ε‖w_y − w_j‖₁, and by ε‖w_y − w_j‖₂ in L2.
  @Test(arguments: [(PerturbationNorm.linf, 1.0), (.l2, 2.0)])
  func linearMarginFallsByTheDualNorm(_ norm: PerturbationNorm, _ p: Double) throws {
    for seed in UInt64(0)..<40 {
      let (network, weight, _) = try randomLinearNetwork(classes: 2, dimensions: 9, seed: seed)
      // Away from the faces of the box, so that clipping changes nothing.
      let pixels = try images(5, [1, 1, 9], seed: seed) * 0.5 + 0.25
      let labels = try ownLabels(network, pixels)
      let result = try FGSM().perturb(network, pixels: pixels, labels: labels, within: ball(norm, "1/16"))
      let margins = { (points: Tensor) in
        let logits = try network.logits(points).doubles()
        return labels.indices.map { logits[2 * $0 + labels[$0]] - logits[2 * $0 + 1 - labels[$0]] }
      }
      let difference = zip(weight[0], weight[1]).map { abs($0 - $1) }
      let dual = p == 1 ? difference.reduce(0, +) : difference.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for (before, after) in zip(try margins(pixels), try margins(result.adversarial)) {
        #expect(abs(before - after - dual / 16) < 1e-4, "seed \(seed)")
      }
    }
  }

  @Test func aListOfSizesEqualsSingleCallsExactly() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(6, seed: 2)
    let labels = try ownLabels(network, pixels)
    let sizes = try ["0", "1/255", "8/255", "1/2", "3"].map { try Rational($0) }
    for norm in [PerturbationNorm.linf, .l2] {
      let batch = try AttackBatch(network, pixels: pixels, labels: labels)
      for (size, listed) in zip(sizes, try FGSM().curve(batch, norm, sizes)) {
        let single = try FGSM().perturb(network, pixels: pixels, labels: labels, within: .init(norm, size))
        #expect(try single.adversarial.host().bytes == listed.adversarial.host().bytes)
        #expect(single.success == listed.success && single.predictions == listed.predictions)
        #expect(single.distances == listed.distances)
      }
    }
  }

  @Test func sizeZeroLeavesTheImagesAndSizesBeyondTheBoxFillIt() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(4, seed: 3)
    let labels = try ownLabels(network, pixels)
    let none = try FGSM().perturb(network, pixels: pixels, labels: labels, within: ball(.linf, "0"))
    #expect(try none.adversarial.equal(pixels).allTrue())
    #expect(none.success == [false, false, false, false] && none.distances == [0, 0, 0, 0])
    let all = try FGSM().perturb(network, pixels: pixels, labels: labels, within: ball(.linf, "5"))
    let isCorner = try all.adversarial.equal(0).or(all.adversarial.equal(1))
    #expect(try isCorner.allTrue(), "every pixel with a gradient is at a face of the box")
  }

  @Test func misclassifiedImagesAreSuccessesAsTheyAre() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(5, seed: 4)
    var labels = try ownLabels(network, pixels)
    labels[1] = (labels[1] + 1) % 4
    for attack in [FGSM(), PGD(steps: 3, starts: [.singleStep, .clean])] as [any Attack] {
      let result = try attack.perturb(network, pixels: pixels, labels: labels, within: ball(.linf, "1/1000"))
      #expect(result.success[1] && result.distances[1] == 0)
      #expect(
        try result.adversarial.narrowed(0, from: 1, count: 1).equal(pixels.narrowed(0, from: 1, count: 1)).allTrue())
      #expect(result.predictions[1] != labels[1])
      #expect(result.gradients.samples == 4)
    }
  }

  @Test func adversarialsStayChannelsLast() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(3, seed: 6)
    let labels = try ownLabels(network, pixels)
    for norm in [PerturbationNorm.linf, .l2] {
      for attack in [FGSM(), PGD(steps: 4, restarts: 2), EqualNormNoise()] as [any Attack] {
        let result = try attack.perturb(
          network, pixels: pixels, labels: labels, within: ball(norm, "1/50"), streams: sampleStreams(3))
        #expect(result.adversarial.isChannelsLast, "\(attack.name) \(norm)")
      }
    }
  }
}
