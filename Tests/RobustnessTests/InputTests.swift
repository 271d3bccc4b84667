import ResidualNets
import Results
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct InputTests {
  init() throws { try useOneThread() }

  private let attacks: [any Attack] = [
    FGSM(), RFGSM(), BIM(steps: 3), MIFGSM(steps: 3), PGD(steps: 3, restarts: 2), PGD(steps: 2, targets: 3),
    EqualNormNoise(), MinimalEpsilon(pgd: PGD(steps: 2), bisections: 2),
  ]

  @Test func pixelsThatDoNotFitAreRefused() throws {
    let network = try convolutionalNetwork()
    let good = try images(2, seed: 1)
    func refused(_ pixels: Tensor, _ labels: [Int], _ error: RobustnessError) throws {
      #expect(throws: error) { try AttackBatch(network, pixels: pixels, labels: labels) }
    }
    try refused(good.narrowed(1, from: 0, count: 1), [0, 0], .pixelShape(found: [2, 1, 8, 8], expected: [3, 8, 8]))
    try refused(good.to(.float64), [0, 0], .pixelType(found: "float64"))
    try refused(good + 0.5, [0, 0], .pixelsOutsideBox)
    try refused(good - 1e-3 - good, [0, 0], .pixelsOutsideBox)
    try refused(good * .nan, [0, 0], .pixelsOutsideBox)
    try refused(good, [0], .unequalCounts(what: "labels", found: 1, expected: 2))
    try refused(good, [0, 4], .labelOutOfRange(label: 4, sample: 1, classes: 4))
    try refused(good, [-1, 0], .labelOutOfRange(label: -1, sample: 0, classes: 4))
  }

  @Test func anEmptyBatchGivesAnEmptyResult() throws {
    let network = try convolutionalNetwork()
    for attack in attacks {
      for norm in PerturbationNorm.allCases {
        let result = try attack.perturb(
          network, pixels: .zeros([0, 3, 8, 8]), labels: [], within: ball(norm, "1/10"))
        #expect(result.count == 0 && result.adversarial.shape == [0, 3, 8, 8])
      }
    }
    let empty = try AttackBatch(network, pixels: .zeros([0, 3, 8, 8]), labels: [])
    #expect(try MinimalEpsilon().nearest(empty, .l2).distances.isEmpty)
  }

  @Test func withOneClassNothingCanBeFooled() throws {
    let network = try convolutionalNetwork(classes: 1)
    let pixels = try images(3, seed: 1)
    for attack in attacks + AttackLoss.allCases.map({ PGD(steps: 3, loss: $0) }) {
      for norm in PerturbationNorm.allCases {
        let result = try attack.perturb(
          network, pixels: pixels, labels: [0, 0, 0], within: ball(norm, "1/2"), streams: sampleStreams(3))
        #expect(result.success == [false, false, false])
      }
    }
  }

  /// All head weights 0: the logits never move.
  @Test func constantNetworksAreCountedAsZeroGradients() throws {
    let open = try convolutionalNetwork()
    let network = try DeployedNetwork(
      inputShape: open.inputShape, body: open.body, headWeight: open.headWeight.zerosLike(), headBias: open.headBias)
    let pixels = try images(3, seed: 1)
    let labels = try ownLabels(network, pixels)
    for norm in PerturbationNorm.allCases {
      for attack in [FGSM(), PGD(steps: 3)] as [any Attack] {
        let result = try attack.perturb(network, pixels: pixels, labels: labels, within: ball(norm, "1/10"))
        #expect(result.gradients.samples == 3 && result.gradients.zero == 3 && result.gradients.nonFinite == 0)
        #expect(result.gradients.zeroFraction == 1)
        #expect(result.success == [false, false, false])
        #expect(try result.adversarial.equal(pixels).allTrue())
      }
    }
  }

  /// A weight that is NaN: no answer is not a right answer, and it does not stop the evaluation.
  @Test func logitsThatAreNotFiniteAreNotCorrect() throws {
    let network = try linearNetwork([[.nan, 1], [0, 1]], [0, 0])
    let pixels = try Tensor.full(0.5, [2, 1, 1, 2])
    for attack in attacks {
      let result = try attack.perturb(
        network, pixels: pixels, labels: [0, 1], within: ball(.linf, "1/10"), streams: sampleStreams(2))
      #expect(result.success == [true, true] && result.distances == [0, 0])
    }
  }

  /// Gradients that overflow in the chain are NaN or infinite while the logits are finite.
  @Test func gradientsThatAreNotFiniteAreCountedAndDoNoHarm() throws {
    // 1e-30 then 1e30 and 1e30 again: forward 0.5e30, backward 1e30·1e30 overflows on the way to the first layer.
    let huge = Stage("huge", .affine(scale: try Tensor([Float(1e30)], [1]), shift: try Tensor([Float(0)], [1])))
    let tiny = Stage("tiny", .affine(scale: try Tensor([Float(1e-30)], [1]), shift: try Tensor([Float(0)], [1])))
    let network = try DeployedNetwork(
      inputShape: [1, 1, 2], body: [tiny, tiny, huge, huge, Stage("flatten", .flatten)],
      headWeight: Tensor([1, 2, -1, 0.5] as [Float], [2, 2]), headBias: Tensor([1, 0] as [Float], [2]))
    let pixels = try Tensor.full(0.5, [1, 1, 1, 2])
    let pass = try InputGradient(network, pixels, AttackObjective(.logitMargin, labels: Tensor(indices: [0])))
    #expect(pass.isNonFinite == [true])
    #expect(try pass.gradient.equal(0).allTrue())
    let result = try PGD(steps: 3, starts: [.clean], loss: .logitMargin).perturb(
      network, pixels: pixels, labels: [0], within: ball(.l2, "1/10"))
    #expect(result.gradients.nonFinite == 1)
    #expect(try result.adversarial.equal(pixels).allTrue())
  }

  /// Gradients whose squares underflow in fp32 still point somewhere.
  @Test func tinyGradientsStillGiveL2Steps() throws {
    let network = try linearNetwork([[1e-25, 2e-25], [-1e-25, 0]], [1, 0])
    let pixels = try Tensor.full(0.5, [1, 1, 1, 2])
    let result = try PGD(steps: 1, stepSize: .relative(factor: 1), starts: [.clean], loss: .logitMargin).perturb(
      network, pixels: pixels, labels: [0], within: ball(.l2, "1/10"))
    #expect(abs(result.distances[0] - 0.1) < 1e-6)
    // The direction is (−2, −2)/√8.
    #expect(try result.adversarial.doubles().allSatisfy { abs($0 - (0.5 - 0.1 / 2.0.squareRoot())) < 1e-6 })
  }
}
