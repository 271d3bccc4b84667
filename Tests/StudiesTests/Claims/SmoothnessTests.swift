import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct SmoothnessTests {
  /// Two logits ±w·x of 1×1×2 pixels: FGSM moves the margin 2w·x by 2ε‖w‖₁.
  private func linear(_ w: [Double]) throws -> DeployedNetwork {
    DeployedNetwork(
      inputShape: [1, 1, 2], body: [Stage("flatten", .flatten)],
      headWeight: try Tensor(w.map(Float.init) + w.map { Float(-$0) }, [2, 2]), headBias: try Tensor.zeros([2]))
  }

  @Test func thresholdsOfALinearNetwork() throws {
    let data = try LabelledTensors(
      pixels: Tensor([0.5, 0.5, 0.6, 0.3, 0.2, 0.9] as [Float], [3, 1, 1, 2]).channelsLast(), labels: [0, 0, 0])
    // Margins 2w·x of w = (2, −1): 1, 1.8, −1; the last is wrong already. FGSM needs ε ≥ w·x / ‖w‖₁ = 1/6 and 0.3.
    let thresholds = try FastGradientThreshold.each(linear([2, -1]), on: data)
    let epsilons = try FastGradientThreshold.epsilons().map(\.value)
    #expect(epsilons.first == 1.0 / 1020 && epsilons.last == 1)
    #expect(zip(epsilons, epsilons.dropFirst()).allSatisfy { $0 < $1 })
    let expected = [1.0 / 6, 0.3].map { least in epsilons.first { $0 >= least } ?? 0 }
    #expect(thresholds == expected)
  }

  @Test func gradientNormsOfALinearNetwork() throws {
    let pixels = try Tensor([0.5, 0.5, 0.6, 0.3] as [Float], [2, 1, 1, 2])
    let norms = try linear([2, -1]).inputGradientNorms(pixels) { z in
      try z.narrowed(1, from: 0, count: 1) - z.narrowed(1, from: 1, count: 1)
    }
    for norm in norms { #expect(abs(norm - 2 * 5.0.squareRoot()) < 1e-5) }
  }

  @Test func exponentsOfPowers() {
    let x = [0.1, 0.5, 2, 8]
    #expect(abs(Statistics.exponent(x, x.map { 3 * $0 * $0 }) - 2) < 1e-12)
    #expect(abs(Statistics.exponent(x, x.map { 1 / $0 }) + 1) < 1e-12)
    #expect(Statistics.exponent([1], [1]).isNaN && Statistics.median([3, 1, 2]) == 2 && Statistics.median([]).isNaN)
  }

  @Test func study() async throws {
    try await withFlowImages { setting in _ = try checkedRun(SmoothnessStudy(), setting) }
  }
}
