import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import TorchCore

/// Zeros F(h*) = 0 of trained branches, and |1 + τλ| there. Source: Haber & Ruthotto 2017.
extension EquilibriumStudy {
  struct Found {
    /// Relative; nil where no zero was found.
    var displacement: Double?
  }

  struct StabilityCase {
    /// max |1 + τλ|.
    var radius: Double
    /// ln of the distance's growth a step.
    var growth: Double
  }

  @TorchActor func trained(
    _ description: NetworkDescription, _ setting: StudySetting, _ stream: RandomStream
  ) throws -> (network: TaskNetwork, states: [Tensor]) {
    let images = try setting.images(side: 8, train: setting.choose(tiny: 60, quick: 2_000, full: 60_000), test: 100)
    let plan = TrainingPlan(
      length: .epochs(setting.choose(tiny: 1, quick: 10, full: 60)),
      optimizer: OptimizerDescription(kind: .adam, learningRate: 3e-3, weightDecay: 0), schedule: .cosine)
    let network = try images.trainedNetwork(description, plan: plan, stream)
    try network.trunk.becomeFloat64()
    let pixels = try images.test.prefix(8).pixels.to(.float64)
    return (network, try withoutGradients { try NetworkChain(network).states(pixels) })
  }

  @TorchActor func scaledZeros(
    _ setting: StudySetting, _ stream: RandomStream
  ) throws -> (found: [Found], cases: [StabilityCase]) {
    let description = NetworkDescription(
      architecture: .mlp, depth: 6, width: 24, block: .scaled, norm: .none,
      dynamics: .init(alpha: Self.alpha, beta: Self.beta), branchBudget: 0.9)
    let (network, states) = try trained(description, setting, stream)
    let passage = Passage(adapter: nil, mode: .evaluation)
    let steps = [0.5, 1, 1.5, 2, 2.5, 3, 4, 6]
    var (found, cases): ([Found], [StabilityCase]) = ([], [])
    for (index, block) in network.trunk.blocks.enumerated() {
      func field(_ h: Tensor) throws -> Tensor { try block.branch.forward(h, passage) * Self.alpha - h * Self.beta }
      guard let zero = try zeroOfField(from: states[index].narrowed(0, from: 0, count: 1), field) else {
        found.append(Found())
        continue
      }
      let moved = try withoutGradients { try block.forward(zero, passage) }
      found.append(Found(displacement: try (moved - zero).norm().item() / (1 + zero.norm().item())))
      let eigenvalues = try eigenvalues(at: zero, field)
      for step in setting.choose(tiny: [0.5, 3], quick: steps, full: steps) {
        let radius = eigenvalues.map { hypot(1 + step * $0.real, step * $0.imaginary) }.max() ?? 0
        let growth = try growthRate(beside: zero, step: step, stream.stream("displacement").stream(index), field)
        cases.append(StabilityCase(radius: radius, growth: growth))
      }
    }
    return (found, cases)
  }

  /// ln of the growth of a displacement a step, over the second half of 400 steps. The displacement is scaled back to
  /// 1e-9 after each, so that it neither leaves the neighbourhood of h* nor vanishes in rounding.
  func growthRate(
    beside zero: Tensor, step: Double, _ stream: RandomStream, _ field: (Tensor) throws -> Tensor
  ) throws -> Double {
    try withoutGradients {
      var direction = try Tensor.normal(zero.shape, stream, dtype: .float64)
      var rate = 0.0
      for number in 0..<400 {
        direction = try direction / direction.norm() * 1e-9
        let beside = try zero + direction
        direction = try beside + field(beside) * step - (zero + field(zero) * step)
        if number >= 200 { rate += try log(direction.norm().item() / 1e-9) / 200 }
      }
      return rate
    }
  }

  /// Whether the search met a zero of the branch, for each block and some test images.
  @TorchActor func freeZeros(_ setting: StudySetting, _ stream: RandomStream) throws -> [Bool] {
    let description = NetworkDescription(architecture: .mlp, depth: 6, width: 24, norm: .none)
    let (network, states) = try trained(description, setting, stream)
    let passage = Passage(adapter: nil, mode: .evaluation)
    return try network.trunk.blocks.enumerated().flatMap { index, block in
      try (0..<setting.choose(tiny: 1, quick: 4, full: 8)).map { image in
        let start = try states[index].narrowed(0, from: image, count: 1)
        return try zeroOfField(from: start) { try block.branch.forward($0, passage) } != nil
      }
    }
  }
}
