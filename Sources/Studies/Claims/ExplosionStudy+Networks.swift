import ResidualNets
import TorchCore

/// The networks measured, h + F(h) and (1 − β)h + αF(h). Source: submultiplicativity of norm and σ_min.
extension ExplosionStudy {
  private static func description(_ setting: StudySetting) -> NetworkDescription {
    NetworkDescription(
      architecture: .mlp, depth: setting.choose(tiny: 4, quick: 32, full: 200),
      width: setting.choose(tiny: 6, quick: 32, full: 64), initialization: .he, norm: .none)
  }

  @TorchActor private static func images(_ setting: StudySetting) throws -> StudyImages {
    try setting.images(
      side: 8, train: setting.choose(tiny: 24, quick: 2_000, full: 60_000),
      test: setting.choose(tiny: 2, quick: 6, full: 16))
  }

  @TorchActor static func residual(_ setting: StudySetting, _ seed: UInt64) throws -> NetworkCourse {
    let images = try images(setting)
    let network = try images.freshNetwork(description(setting), setting.stream(seed, "explosion"))
    try network.becomeFloat64()
    return try NetworkCourse(network, images)
  }

  /// Scaled blocks with the He network's branches and α = `excess` · β/L_F.
  @TorchActor static func scaled(
    _ setting: StudySetting, _ seed: UInt64, excess: Double
  ) throws -> NetworkCourse {
    let images = try images(setting)
    let stream = setting.stream(seed, "explosion")
    var description = description(setting)
    let bound = try images.freshNetwork(description, stream).trunk.branchLipschitzBound()
    description.block = .scaled
    description.dynamics.beta = 2 / Double(description.depth)
    description.dynamics.alpha = excess * description.dynamics.beta / bound
    return try measured(images.freshNetwork(description, stream), images)
  }

  @TorchActor static func trainedScaled(_ setting: StudySetting, _ seed: UInt64) throws -> NetworkCourse {
    let images = try images(setting)
    let stream = setting.stream(seed, "explosion trained")
    var description = description(setting)
    description.block = .scaled
    description.branchBudget = 1
    description.dynamics.beta = 2 / Double(description.depth)
    description.dynamics.alpha = 0.9 * description.dynamics.beta
    let network = try images.freshNetwork(description, stream)
    try train(
      network, on: images.train,
      plan: TrainingPlan(
        length: .epochs(setting.choose(tiny: 40, quick: 6, full: 20)), optimizer: .init(learningRate: 0.05),
        schedule: .cosine),
      stream: stream.stream("training")
    ).requireEnd(of: description.summary)
    let accuracy = try accuracy(of: network, on: images.train)
    var measured = try measured(network, images)
    measured.accuracy = accuracy
    return measured
  }

  @TorchActor private static func measured(_ network: TaskNetwork, _ images: StudyImages) throws -> NetworkCourse {
    try network.becomeFloat64()
    let dynamics = network.trunk.description.dynamics
    var measured = try NetworkCourse(network, images)
    // One rounding of the quotient is no excess.
    measured.isCovered = try dynamics.alpha * network.trunk.branchLipschitzBound() <= dynamics.beta * (1 + 1e-14)
    return measured
  }
}
