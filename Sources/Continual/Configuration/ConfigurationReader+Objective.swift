import Results

/// What `training.adversarial` and `training.penalty` may hold, and what they do not go with.
extension ConfigurationReader {
  static func adversarial(_ section: ConfigurationSection) throws -> Configuration.Adversarial {
    var it = Configuration.Adversarial()
    it.method = try section.read("method", default: it.method) { try $0.choice() }
    it.norm = try section.read("norm", default: it.norm) { value in
      let norm = try value.choice(PerturbationNorm.self)
      guard norm != .l1 else { throw value.error("must be linf or l2: no method has a form for l1") }
      return norm
    }
    let limit = it.norm == .linf ? 1 : 1e4
    it.epsilon = try section.read("epsilon", default: it.epsilon) { try $0.isNull ? nil : $0.size(atMost: limit) }
    it.step = try section.read("step", default: it.step) { try $0.isNull ? nil : $0.size(atMost: limit) }
    it.steps = try section.read("steps", default: it.steps) { try $0.integer(in: 1...1000) }
    it.beta = try section.read("beta", default: it.beta) { try $0.number("from 0 to 1e6") { $0 >= 0 && $0 <= 1e6 } }
    return it
  }

  static func penalty(_ section: ConfigurationSection) throws -> Configuration.Penalty {
    var it = Configuration.Penalty()
    func weight(_ value: ConfigurationValue) throws -> Double {
      try value.number("from 0 to 1e12") { $0 >= 0 && $0 <= 1e12 }
    }
    it.inputGradient = try section.read("inputGradient", default: it.inputGradient, weight)
    it.lipschitzMargin = try section.read("lipschitzMargin", default: it.lipschitzMargin, weight)
    it.marginRadius = try section.read("marginRadius", default: it.marginRadius) {
      try $0.isNull ? nil : $0.size(atMost: 1e4)
    }
    return it
  }

  /// - Throws: ``ConfigurationError`` for mixup beside what needs one right label.
  static func requireOneLabel(_ it: Configuration.Training, _ section: ConfigurationSection) throws {
    guard it.augmentation.mixup > 0 else { return }
    let advice = "set training.augmentation.mixup to 0"
    if it.adversarial.method != .none {
      throw section.error(
        about: "adversarial", "works against the true label, and mixup gives an image two of them", advice: advice)
    }
    if it.penalty.lipschitzMargin > 0 {
      throw section.error(
        about: "penalty", "has a lipschitzMargin, the margin of the true label, and mixup gives an image two of them",
        advice: advice)
    }
  }

  /// - Throws: ``ConfigurationError`` for noise beside a method that perturbs images itself.
  static func requireOnePerturbation(_ it: Configuration.Training, _ section: ConfigurationSection) throws {
    guard it.noise > 0, it.adversarial.method != .none else { return }
    throw section.error(
      about: "noise",
      "is added to images as they are, and adversarial.method \(it.adversarial.method.rawValue) perturbs "
        + "them itself", advice: "leave one of the two out")
  }

  /// - Throws: ``ConfigurationError`` for an objective that the strategy or the network has no use for.
  static func requireObjectiveFits(_ it: Configuration, _ section: ConfigurationSection) throws {
    guard let reason = it.objectiveObstacle else { return }
    throw section.error(about: "training", reason.problem, advice: reason.advice)
  }
}
