extension ConfigurationOutline {
  static func adversarial(_ it: Configuration.Adversarial) -> ConfigurationOutline {
    .section([
      ("method", .text(it.method.rawValue)),
      ("norm", .text(it.norm.rawValue)),
      ("epsilon", .value(it.epsilon?.text ?? "null")),
      ("step", .value(it.step?.text ?? "null")),
      ("steps", .value("\(it.steps)")),
      ("beta", .value("\(it.beta)")),
    ])
  }

  static func penalty(_ it: Configuration.Penalty) -> ConfigurationOutline {
    .section([
      ("inputGradient", .value("\(it.inputGradient)")),
      ("lipschitzMargin", .value("\(it.lipschitzMargin)")),
      ("marginRadius", .value(it.marginRadius?.text ?? "null")),
    ])
  }
}
