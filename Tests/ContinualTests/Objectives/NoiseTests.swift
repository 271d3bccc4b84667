import ImageData
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Continual

/// Training under Gaussian noise.
@TorchActor @Suite struct NoiseTests {
  init() throws { try Torch.setThreads(1) }

  private func seen(_ objective: Objective, _ tiny: TinyNetwork, step: Int = 3) throws -> Tensor {
    try objective.evaluate(tiny.learning, tiny.inputs, tiny.outputs, step: step, tiny.stream).pass.inputs.detached()
  }

  /// What a step learns from is x + σε with the moments of a normal distribution, and is not clipped to [0, 1].
  @Test(arguments: [0.1, 0.5]) func noiseIsNormalAndNotClipped(sigma: Double) throws {
    let tiny = try TinyNetwork(seed: 4, batch: 100, side: 16)
    let inputs = try seen(Objective(noise: sigma), tiny)
    let noise = try (inputs - tiny.inputs).to(.float64) / sigma
    let n = Double(noise.count)
    // Five deviations of the mean of n moments: 1, 2 and 96 are the variances of ε, ε² and ε⁴.
    for (moment, expected, variance) in [
      (try noise.mean(), 0.0, 1.0), (try noise.squared().mean(), 1, 2), (try noise.squared().squared().mean(), 3, 96),
    ] {
      #expect(try abs(moment.item() - expected) < 5 * (variance / n).squareRoot())
    }
    #expect(try inputs.min().item() < 0 && inputs.max().item() > 1)
  }

  @Test func eachStepDrawsItsOwn() throws {
    let tiny = try TinyNetwork(seed: 5)
    let objective = Objective(noise: 0.2)
    #expect(try seen(objective, tiny).host() == seen(objective, tiny).host())
    #expect(try seen(objective, tiny).host() != seen(objective, tiny, step: 4).host())
    #expect(try seen(Objective(), tiny).host() == tiny.inputs.host())
  }

  /// Mixing does not weaken it: what is added has σ whatever two images are blended.
  @Test func noiseIsAddedBehindMixing() throws {
    let tiny = try TinyNetwork(seed: 6, batch: 60, side: 16)
    let mixup = Augmentation(mixup: 1)
    let mixed = try seen(Objective(augmentation: mixup, threat: nil, penalties: []), tiny)
    let noisy = try seen(Objective(augmentation: mixup, noise: 0.3, threat: nil, penalties: []), tiny)
    let variance = try (noisy - mixed).to(.float64).squared().mean().item() / 0.09
    #expect(try (mixed - tiny.inputs).abs().max().item() > 0.1)
    #expect(abs(variance - 1) < 5 * (2 / Double(mixed.count)).squareRoot())
  }

  /// Penalties are read off the noisy images too, as they are off perturbed ones.
  @Test func penaltiesSeeTheNoise() throws {
    let tiny = try TinyNetwork(seed: 7)
    let penalty = InputGradientPenalty(weight: 2)
    let objective = Objective(noise: 0.2, penalties: [penalty])
    let (loss, pass) = try objective.evaluate(tiny.learning, tiny.inputs, tiny.outputs, step: 0, tiny.stream)
    let clean = try seen(Objective(noise: 0.2), tiny, step: 0)
    #expect(try pass.inputs.detached().host() == clean.host())
    #expect(try loss.item() > pass.loss.item())
  }
}
