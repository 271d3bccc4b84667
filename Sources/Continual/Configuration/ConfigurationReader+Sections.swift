import ImageData
import ResidualNets
import Results
import TorchCore

/// What each section may hold, and between which limits.
extension ConfigurationReader {
  static func configuration(_ section: ConfigurationSection) throws -> Configuration {
    var it = Configuration()
    try section.read("schema", default: ()) { value in
      guard try value.text() != Configuration.currentSchema else { return }
      throw value.error("is not \(Configuration.currentSchema)", advice: "this version reads no other")
    }
    it.name = try section.read("name", default: it.name) { value in
      let name = try value.text(atMost: 200)
      guard !name.isEmpty else { throw value.error("must not be empty") }
      return name
    }
    it.seed = try section.read("seed", default: it.seed) { try $0.unsigned() }
    it.data = try section.section("data", data)
    it.network = try network(section, it.network)
    it.strategy = try section.section("strategy", strategy)
    it.training = try section.section("training", training)
    if it.learnsFromFeatures, it.training.augmentation.changesSamples {
      throw section.error(
        about: "training",
        "has an augmentation that changes images, and a side path learns from features that are "
          + "computed once", advice: "leave padAndCrop, flip and cutout out, or set strategy.adapter.kind to parallel")
    }
    try requireObjectiveFits(it, section)
    it.evaluation = try section.section("evaluation", evaluation)
    it.compute = try section.section("compute", compute)
    try requireExplicit(it, section)
    it.checkpoints.everySteps = try section.section("checkpoints") { checkpoints in
      try checkpoints.read("everySteps", default: it.checkpoints.everySteps) { try $0.integer(in: 0...1_000_000_000) }
    }
    it.contrasts = try contrasts(section)
    it.full = try full(section)
    return it
  }

  private static func network(
    _ parent: ConfigurationSection, _ standard: NetworkDescription
  ) throws -> NetworkDescription {
    let network = try parent.section("network") { section in
      var it = standard
      it.architecture = try section.read("architecture", default: it.architecture) { try $0.choice() }
      (it.depth, it.width) = it.architecture.usualSize
      (it.norm, it.block) = (it.architecture.usualNorm, it.architecture.usualBlock)
      it.readout = it.architecture.usualReadout
      it.depth = try section.read("depth", default: it.depth) { try $0.integer(in: 1...10_000) }
      it.width = try section.read("width", default: it.width) { try $0.integer(in: 1...4096) }
      it.block = try section.read("block", default: it.block) { try $0.choice() }
      it.activation = try section.read("activation", default: it.activation) { try $0.choice() }
      it.shortcut = try section.read("shortcut", default: it.shortcut) { try $0.choice() }
      it.initialization = try section.read("initialization", default: it.initialization) { try $0.choice() }
      it.norm = try section.read("norm", default: it.norm) { try $0.choice() }
      it.dynamics = try section.section("dynamics", dynamics)
      it.survival = try section.read("survival", default: it.survival) {
        try $0.number("above 0 and at most 1") { $0 > 0 && $0 <= 1 }
      }
      it.readout = try section.read("readout", default: it.readout) { try $0.choice() }
      it.branchBudget = try section.read("branchBudget", default: it.branchBudget) { value in
        try value.isNull ? nil : value.number("above 0 and at most 1e6") { $0 > 0 && $0 <= 1e6 }
      }
      it.constraint = try section.read("constraint", default: it.constraint) { try $0.choice() }
      it.headBudget = try section.read("headBudget", default: it.headBudget) {
        try $0.number("above 0 and at most 1e6") { $0 > 0 && $0 <= 1e6 }
      }
      it.patch = try section.read("patch", default: it.patch) { try $0.integer(in: 1...1024) }
      it.heads = try section.read("heads", default: it.heads) { try $0.integer(in: 1...4096) }
      try convnet(section, &it)
      return it
    }
    do {
      try network.validate()
    } catch let error as DescriptionError {
      let usual = network.architecture.usualSize.depth
      throw parent.error(
        about: "network", "does not fit together: \(error)",
        advice: network.architecture.isTorchvision && network.depth != usual ? "leave depth out" : "")
    }
    return network
  }

  private static func dynamics(_ section: ConfigurationSection) throws -> NetworkDescription.Dynamics {
    var it = NetworkDescription.Dynamics()
    it.step = try section.read("step", default: it.step) {
      try $0.number("above 0 and at most 1e6") { $0 > 0 && $0 <= 1e6 }
    }
    it.shared = try section.read("shared", default: it.shared) { try $0.flag() }
    it.alpha = try section.read("alpha", default: it.alpha) { try $0.number("from -1e6 to 1e6") { abs($0) <= 1e6 } }
    it.beta = try section.read("beta", default: it.beta) { try $0.number("from 0 to 1") { $0 >= 0 && $0 <= 1 } }
    it.gateBias = try section.read("gateBias", default: it.gateBias) {
      try $0.number("from -100 to 100") { abs($0) <= 100 }
    }
    return it
  }

  private static func training(_ section: ConfigurationSection) throws -> Configuration.Training {
    var it = Configuration.Training()
    it.trunkEpochs = try section.read("trunkEpochs", default: it.trunkEpochs) { try $0.integer(in: 1...1_000_000) }
    it.epochs = try section.read("epochs", default: it.epochs) { try $0.integer(in: 1...1_000_000) }
    it.steps = try section.read("steps", default: it.steps) {
      try $0.isNull ? nil : $0.integer(in: 1...1_000_000_000)
    }
    it.batchSize = try section.read("batchSize", default: it.batchSize) { try $0.integer(in: 1...65536) }
    it.augmentation = try section.section("augmentation", augmentation)
    it.noise = try section.read("noise", default: it.noise) { try $0.number("from 0 to 10") { $0 >= 0 && $0 <= 10 } }
    it.adversarial = try section.section("adversarial", adversarial)
    it.penalty = try section.section("penalty", penalty)
    try requireOneLabel(it, section)
    try requireOnePerturbation(it, section)
    it.optimizer = try section.section("optimizer") { try optimizer($0, it.optimizer) }
    it.schedule = try section.read("schedule", default: it.schedule) { try $0.choice() }
    return it
  }

  private static func augmentation(_ section: ConfigurationSection) throws -> Augmentation {
    var it = Augmentation()
    it.padAndCrop = try section.read("padAndCrop", default: it.padAndCrop) { try $0.integer(in: 0...1024) }
    it.flip = try section.read("flip", default: it.flip) { try $0.flag() }
    it.cutout = try section.read("cutout", default: it.cutout) { try $0.integer(in: 0...1024) }
    it.mixup = try section.read("mixup", default: it.mixup) { try $0.number("from 0 to 100") { $0 >= 0 && $0 <= 100 } }
    return it
  }

  private static func optimizer(
    _ section: ConfigurationSection, _ standard: OptimizerDescription
  ) throws -> OptimizerDescription {
    var it = standard
    it.kind = try section.read("kind", default: it.kind) { try $0.choice() }
    it.learningRate = try section.read("learningRate", default: it.learningRate) {
      try $0.number("above 0 and at most 100") { $0 > 0 && $0 <= 100 }
    }
    it.momentum = try section.read("momentum", default: it.momentum) {
      try $0.number("from 0 to below 1") { $0 >= 0 && $0 < 1 }
    }
    it.nesterov = try section.read("nesterov", default: it.nesterov) { try $0.flag() }
    it.weightDecay = try section.read("weightDecay", default: it.weightDecay) {
      try $0.number("from 0 to 10") { $0 >= 0 && $0 <= 10 }
    }
    if it.nesterov, it.momentum == 0 { throw section.error(about: "nesterov", "needs a momentum above 0") }
    return it
  }

  private static func compute(_ section: ConfigurationSection) throws -> Configuration.Compute {
    var it = Configuration.Compute()
    it.threads = try section.read("threads", default: it.threads) { try $0.integer(in: 0...1024) }
    it.device = try section.read("device", default: it.device) { value in
      let text = try value.text()
      guard let device = DeviceChoice(text) else {
        throw value.error("must be cpu, cuda, cuda:N or auto, not \(quoted(text))")
      }
      return device
    }
    it.dataParallel = try section.read("dataParallel", default: it.dataParallel) { try $0.flag() }
    it.precision = try section.section("precision") { section in
      var it = it.precision
      it.training = try section.read("training", default: it.training) { try $0.choice() }
      it.trunk = try section.read("trunk", default: it.trunk) { try $0.choice() }
      it.search = try section.read("search", default: it.search) { try $0.choice() }
      return it
    }
    return it
  }

  /// - Throws: ``ConfigurationError`` for blocks whose equation is not solved in half the bits.
  private static func requireExplicit(_ it: Configuration, _ section: ConfigurationSection) throws {
    guard it.network.block == .backwardEuler, it.compute.precision != .init() else { return }
    throw section.error(
      about: "compute", "has a precision of bf16, which does not solve the equation of a backward-euler block",
      advice: "set compute.precision to fp32 throughout, or choose another network.block")
  }
}
