import ResidualNets
import Results

/// A configuration as an ordered tree of texts: what is written to files and compared line by line.
indirect enum ConfigurationOutline {
  /// A value as YAML writes it.
  case value(String)
  case list([ConfigurationOutline])
  case section([(key: String, value: ConfigurationOutline)])

  init(_ configuration: Configuration) {
    let it = configuration
    self = .section([
      ("schema", .text(Configuration.currentSchema)),
      ("name", .text(it.name)),
      ("seed", .value("\(it.seed)")),
      ("data", Self.data(it.data)),
      ("network", Self.network(it)),
      ("strategy", Self.strategy(it.strategy)),
      ("training", Self.training(it.training)),
      ("evaluation", Self.evaluation(it.evaluation)),
      (
        "compute",
        .section([
          ("threads", .value("\(it.compute.threads)")), ("device", .text("\(it.compute.device)")),
          ("dataParallel", .value("\(it.compute.dataParallel)")), ("precision", Self.precision(it.compute.precision)),
        ])
      ),
      ("checkpoints", .section([("everySteps", .value("\(it.checkpoints.everySteps)"))])),
      (
        "contrasts",
        .list(it.contrasts.map { .section([("name", .text($0.name)), ("set", .list($0.set.map(Self.text)))]) })
      ),
      ("full", .list((it.full ?? []).map(Self.text))),
    ])
  }

  private static func precision(_ it: Configuration.Precisions) -> ConfigurationOutline {
    .section([
      ("training", .text(it.training.rawValue)), ("trunk", .text(it.trunk.rawValue)),
      ("search", .text(it.search.rawValue)),
    ])
  }

  private static func network(_ configuration: Configuration) -> ConfigurationOutline {
    let it = configuration.network
    let architecture: [(key: String, value: ConfigurationOutline)] = [("architecture", .text(it.architecture.rawValue))]
    let size: [(key: String, value: ConfigurationOutline)] = [
      ("depth", .value("\(it.depth)")),
      ("width", .value("\(it.width)")),
    ]
    let others: [(key: String, value: ConfigurationOutline)] = [
      ("block", .text(it.block.rawValue)),
      ("activation", .text(it.activation.rawValue)),
      ("shortcut", .text(it.shortcut.rawValue)),
      ("initialization", .text(it.initialization.rawValue)),
      ("norm", .text(it.norm.rawValue)),
      ("readout", .text(it.readout.rawValue)),
      (
        "dynamics",
        .section([
          ("step", .value("\(it.dynamics.step)")),
          ("shared", .value("\(it.dynamics.shared)")),
          ("alpha", .value("\(it.dynamics.alpha)")),
          ("beta", .value("\(it.dynamics.beta)")),
          ("gateBias", .value("\(it.dynamics.gateBias)")),
        ])
      ),
      ("survival", .value("\(it.survival)")),
      ("branchBudget", .value(it.branchBudget.map { "\($0)" } ?? "null")),
      ("constraint", .text(it.constraint.rawValue)),
      ("headBudget", .value("\(it.headBudget)")),
      ("patch", .value("\(it.patch)")),
      ("heads", .value("\(it.heads)")),
    ]
    return .section(architecture + (it.architecture == .convnet ? layers(it) : size) + others)
  }

  /// What a convnet has in place of depth and width.
  private static func layers(_ it: NetworkDescription) -> [(key: String, value: ConfigurationOutline)] {
    let convolutions = it.convolutions.map { layer -> ConfigurationOutline in
      .section([
        ("channels", .value("\(layer.channels)")), ("kernel", .value("\(layer.kernel)")),
        ("stride", .value("\(layer.stride)")), ("padding", .value("\(layer.padding)")),
        ("pool", .value("\(layer.pool)")),
      ])
    }
    return [("convolutions", .list(convolutions)), ("hidden", .list(it.hidden.map { .value("\($0)") }))]
  }

  private static func training(_ it: Configuration.Training) -> ConfigurationOutline {
    .section([
      ("trunkEpochs", .value("\(it.trunkEpochs)")),
      ("epochs", .value("\(it.epochs)")),
      ("steps", .value(it.steps.map { "\($0)" } ?? "null")),
      ("batchSize", .value("\(it.batchSize)")),
      (
        "augmentation",
        .section([
          ("padAndCrop", .value("\(it.augmentation.padAndCrop)")),
          ("flip", .value("\(it.augmentation.flip)")),
          ("cutout", .value("\(it.augmentation.cutout)")),
          ("mixup", .value("\(it.augmentation.mixup)")),
        ])
      ),
      ("noise", .value("\(it.noise)")),
      ("adversarial", adversarial(it.adversarial)),
      ("penalty", penalty(it.penalty)),
      (
        "optimizer",
        .section([
          ("kind", .text(it.optimizer.kind.rawValue)),
          ("learningRate", .value("\(it.optimizer.learningRate)")),
          ("momentum", .value("\(it.optimizer.momentum)")),
          ("nesterov", .value("\(it.optimizer.nesterov)")),
          ("weightDecay", .value("\(it.optimizer.weightDecay)")),
        ])
      ),
      ("schedule", .text(it.schedule.rawValue)),
    ])
  }

  private static func evaluation(_ it: Configuration.Evaluation) -> ConfigurationOutline {
    .section([
      ("batchSize", .value("\(it.batchSize)")),
      (
        "attacks",
        .list(
          it.attacks.map { attack in
            .section(
              [
                ("name", .text(attack.name.rawValue)),
                ("norm", .text(attack.norm.rawValue)),
                ("epsilons", .list(attack.epsilons.map { .value($0.text) })),
              ]
                + attack.name.efforts.map {
                  ($0.effort.rawValue, .value("\(attack.efforts[$0.effort] ?? $0.standard)"))
                }
                + [("form", .text(attack.form.rawValue))])
          })
      ),
      ("certify", .list(it.certify.map { .value($0.text) })),
      ("audit", .text(it.audit.rawValue)),
      ("galleryPerTask", .value("\(it.galleryPerTask)")),
      ("bracketsPerTask", .value("\(it.bracketsPerTask)")),
      ("agnosticImages", .value("\(it.agnosticImages)")),
      ("everyTasks", .value("\(it.everyTasks)")),
      (
        "corruptions",
        .section([
          ("images", .value("\(it.corruptions.images)")),
          ("severities", .list(it.corruptions.severities.map { .value("\($0)") })),
          ("kinds", .list(it.corruptions.kinds.map { .text($0.rawValue) })),
        ])
      ),
      (
        "certification",
        .section([
          ("linf", .list(it.certification.linf.map { .value($0.text) })),
          ("local", .value("\(it.certification.local)")),
          ("throughoutLimit", .value("\(it.certification.throughoutLimit)")),
        ])
      ),
      (
        "smoothing",
        .section([
          ("sigma", .value("\(it.smoothing.sigma)")),
          ("samples", .value("\(it.smoothing.samples)")),
          ("selectionSamples", .value("\(it.smoothing.selectionSamples)")),
          ("alpha", .value("\(it.smoothing.alpha)")),
          ("images", .value("\(it.smoothing.images)")),
        ])
      ),
      (
        "spatial",
        .section([
          ("turns", .value("\(it.spatial.turns)")), ("shifts", .value("\(it.spatial.shifts)")),
          ("draws", .value("\(it.spatial.draws)")),
        ])
      ),
    ])
  }

  static func text(_ text: String) -> ConfigurationOutline {
    .value(quoted(text))
  }

  /// A text, in quotes where YAML would take it for something else.
  static func quoted(_ text: String) -> String {
    let isWord: (UInt8) -> Bool = { $0.isNameCharacter || "./".utf8.contains($0) }
    let isPlain =
      text.utf8.allSatisfy(isWord) && (text.utf8.first.map { "/".utf8.contains($0) || $0.isLetter } ?? false)
      && !["null", "true", "false"].contains(text.lowercased())
    return isPlain ? text : doubleQuoted(text)
  }

  /// Escapes as YAML's double-quoted style knows them.
  private static func doubleQuoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case " "..."~": result.unicodeScalars.append(scalar)
      default:
        let hex = String(scalar.value, radix: 16, uppercase: true)
        let digits = scalar.value < 0x100 ? 2 : scalar.value < 0x10000 ? 4 : 8
        let letter = digits == 2 ? "x" : digits == 4 ? "u" : "U"
        // Letters of every script stay readable; the rest (control, format, unassigned) is escaped.
        result +=
          scalar.properties.isAlphabetic && scalar.value < 0x10000
          ? String(scalar) : "\\\(letter)" + String(repeating: "0", count: digits - hex.count) + hex
      }
    }
    return result + "\""
  }
}

extension UInt8 {
  fileprivate var isLetter: Bool { (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) }
}
