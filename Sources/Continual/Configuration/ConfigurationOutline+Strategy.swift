import ResidualNets

extension ConfigurationOutline {
  static func strategy(_ it: Configuration.Strategy) -> ConfigurationOutline {
    .section([
      ("kind", .text(it.kind.rawValue)),
      ("scenario", .text(it.scenario.rawValue)),
      ("inference", .text(it.inference.rawValue)),
      ("trunk", .text(it.trunk.rawValue)),
      ("trunkPath", .text(it.trunkPath)),
      ("adapter", adapter(it.adapter)),
      (
        "regularization",
        .section([
          ("strength", .value(it.regularization.strength.map { "\($0)" } ?? "null")),
          ("decay", .value("\(it.regularization.decay)")),
          ("damping", .value("\(it.regularization.damping)")),
          ("samples", .value("\(it.regularization.samples)")),
        ])
      ),
      (
        "distillation",
        .section([
          ("strength", .value("\(it.distillation.strength)")),
          ("temperature", .value("\(it.distillation.temperature)")),
        ])
      ),
      (
        "memory",
        .section([
          ("size", .value("\(it.memory.size)")),
          ("batchSize", .value("\(it.memory.batchSize)")),
          ("logitStrength", .value("\(it.memory.logitStrength)")),
          ("labelStrength", .value("\(it.memory.labelStrength)")),
        ])
      ),
      (
        "projection",
        .section([
          ("features", .value("\(it.projection.features)")),
          ("ridge", .value("\(it.projection.ridge)")),
        ])
      ),
    ])
  }

  private static func adapter(_ it: AdapterDescription) -> ConfigurationOutline {
    .section([
      ("kind", .text(it.kind.rawValue)),
      ("rank", .value(it.rank.map { "\($0)" } ?? "null")),
      ("scale", .value("\(it.scale)")),
      ("budget", .value(it.budget.map { "\($0)" } ?? "null")),
      ("depth", .value("\(it.depth)")),
    ])
  }
}
