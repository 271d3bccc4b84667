import ResidualNets

/// What `strategy` may hold, and between which limits.
extension ConfigurationReader {
  static func strategy(_ section: ConfigurationSection) throws -> Configuration.Strategy {
    var it = Configuration.Strategy()
    it.kind = try section.read("kind", default: it.kind) { try $0.choice() }
    it.scenario = try section.read("scenario", default: it.scenario) { try $0.choice() }
    it.inference = try section.read("inference", default: it.inference) { try $0.choice() }
    it.trunk = try section.read("trunk", default: it.trunk) { try $0.choice() }
    it.trunkPath = try section.read("trunkPath", default: it.trunkPath) { try $0.text() }
    it.adapter = try section.section("adapter", adapter)
    it.regularization = try section.section("regularization", regularization)
    it.distillation = try section.section("distillation", distillation)
    it.memory = try section.section("memory", memory)
    it.projection = try section.section("projection", projection)
    switch (it.trunk, it.trunkPath.isEmpty) {
    case (.firstTask, false), (.rotation, false):
      throw section.error(
        about: "trunkPath", "is not used when 'strategy.trunk' is \(it.trunk.rawValue)", advice: "remove one")
    case (.folder, true), (.weights, true):
      throw section.error(about: "trunk", "is \(it.trunk.rawValue), and 'strategy.trunkPath' does not say which")
    default: return it
    }
  }

  private static func adapter(_ section: ConfigurationSection) throws -> AdapterDescription {
    var it = AdapterDescription()
    it.kind = try section.read("kind", default: it.kind) { try $0.choice() }
    it.rank = try section.read("rank", default: it.rank) { try $0.isNull ? nil : $0.integer(in: 1...4096) }
    it.scale = try section.read("scale", default: it.scale) {
      try $0.number("other than 0, from -1e6 to 1e6") { $0 != 0 && abs($0) <= 1e6 }
    }
    it.budget = try section.read("budget", default: it.budget) { value in
      try value.isNull ? nil : value.number("above 0 and at most 1e6") { $0 > 0 && $0 <= 1e6 }
    }
    it.depth = try section.read("depth", default: it.depth) { try $0.integer(in: 1...64) }
    return it
  }

  private static func regularization(_ section: ConfigurationSection) throws -> Configuration.Regularization {
    var it = Configuration.Regularization()
    it.strength = try section.read("strength", default: it.strength) { try $0.isNull ? nil : weight($0) }
    it.decay = try section.read("decay", default: it.decay) { try $0.number("from 0 to 1") { $0 >= 0 && $0 <= 1 } }
    it.damping = try section.read("damping", default: it.damping) {
      try $0.number("above 0 and at most 1e6") { $0 > 0 && $0 <= 1e6 }
    }
    it.samples = try section.read("samples", default: it.samples) { try $0.integer(in: 1...10_000_000) }
    return it
  }

  private static func distillation(_ section: ConfigurationSection) throws -> Configuration.Distillation {
    var it = Configuration.Distillation()
    it.strength = try section.read("strength", default: it.strength, weight)
    it.temperature = try section.read("temperature", default: it.temperature) {
      try $0.number("above 0 and at most 1e3") { $0 > 0 && $0 <= 1e3 }
    }
    return it
  }

  private static func memory(_ section: ConfigurationSection) throws -> Configuration.Memory {
    var it = Configuration.Memory()
    it.size = try section.read("size", default: it.size) { try $0.integer(in: 1...10_000_000) }
    it.batchSize = try section.read("batchSize", default: it.batchSize) { try $0.integer(in: 1...65536) }
    it.logitStrength = try section.read("logitStrength", default: it.logitStrength, weight)
    it.labelStrength = try section.read("labelStrength", default: it.labelStrength, weight)
    return it
  }

  private static func projection(_ section: ConfigurationSection) throws -> Configuration.Projection {
    var it = Configuration.Projection()
    it.features = try section.read("features", default: it.features) { try $0.integer(in: 1...20_000) }
    it.ridge = try section.read("ridge", default: it.ridge) {
      try $0.number("above 0 and at most 1e6") { $0 > 0 && $0 <= 1e6 }
    }
    return it
  }

  /// A factor of something that is added to a loss.
  private static func weight(_ value: ConfigurationValue) throws -> Double {
    try value.number("from 0 to 1e12") { $0 >= 0 && $0 <= 1e12 }
  }
}
