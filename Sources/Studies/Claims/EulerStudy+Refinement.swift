import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import TorchCore

/// Trained networks with τ halved and depth doubled: error O(τ). Source: Hairer et al. 1993, §I.7.
extension EulerStudy {
  struct Refinement {
    /// Relative to the network's own, and the error at each.
    var steps: [Double] = []
    var errors: [Double] = []
    /// ‖∂h_L/∂h₀‖ at each factor over the same time, and with the step held; means over images.
    var norms: [Double] = []
    var heldNorms: [Double] = []
    var bound = 0.0
    var changed = 0.0
  }

  @TorchActor func refine(_ setting: StudySetting, _ stream: RandomStream) throws -> Refinement {
    let images = try setting.images(side: 8, train: setting.choose(tiny: 60, quick: 2_000, full: 60_000), test: 100)
    let description = NetworkDescription(
      architecture: .mlp, depth: 8, width: 32, block: .forwardEuler, norm: .none,
      dynamics: .init(step: 0.25, shared: true))
    let network = try images.trainedNetwork(
      description,
      plan: TrainingPlan(
        length: .epochs(setting.choose(tiny: 1, quick: 12, full: 60)),
        optimizer: OptimizerDescription(kind: .adam, learningRate: 3e-3, weightDecay: 0), schedule: .cosine),
      stream)
    let trunk = network.trunk
    let step = description.dynamics.step
    func finer(_ factor: Int, held: Bool = false) throws -> any Trunk {
      try trunk.refined(by: factor, step: held ? step : step / Double(factor), statistics: images.statistics)
    }
    let passage = Passage(adapter: nil, mode: .evaluation)
    let start = try withoutGradients { try finer(1).embed(images.test.pixels.to(.float64), passage) }
    // Extrapolated from two fine refinements, so that the reference's own error of first order does not count.
    let finest = setting.choose(tiny: 64, quick: 256, full: 1024)
    let limit = try withoutGradients {
      try finer(finest).flow(start) * 2 - finer(finest / 2).flow(start)
    }
    let sample = try start.narrowed(0, from: 0, count: setting.choose(tiny: 1, quick: 5, full: 50))
    func norm(_ trunk: any Trunk) throws -> Double {
      let largest = try (0..<sample.size(0)).map { image in
        try singularValues(at: sample.narrowed(0, from: image, count: 1)) { try trunk.flow($0) }.first ?? .nan
      }
      return Statistics.mean(largest)
    }
    var result = Refinement()
    for factor in factors {
      let refined = try finer(factor)
      if factor > 1 {
        result.steps.append(1 / Double(factor))
        result.errors.append(
          try withoutGradients { try (refined.flow(start) - limit).norm(2, [1]).mean().item() })
      }
      result.norms.append(try norm(refined))
      result.heldNorms.append(try norm(finer(factor, held: true)))
    }
    let lipschitz = try network.deployed().lipschitzBound().blocks.map(\.branch).max() ?? .infinity
    result.bound = exp(Double(description.depth) * step * lipschitz)
    let before = try network.trunk.features(images.test.pixels, passage)
    let after = try finer(16).features(images.test.pixels.to(.float64), passage).to(.float32)
    let predictions = try [before, after].map { try network.head.forward($0, .evaluation).argmax(1).integers() }
    result.changed = Double(zip(predictions[0], predictions[1]).count { $0 != $1 }) / Double(images.test.count)
    return result
  }
}
