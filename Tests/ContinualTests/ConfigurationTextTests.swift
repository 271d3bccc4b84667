import Continual
import Foundation
import ImageData
import ResidualNets
import Results
import Testing

@Suite struct ConfigurationTextTests {
  @Test func whatIsWrittenReadsBackEqual() throws {
    for seed in 0..<300 {
      var generator = SeededGenerator(seed: UInt64(seed))
      let configuration = try Configuration.random(using: &generator)
      let text = try configuration.yaml()
      let back = try ConfigurationReader.read(text, path: "x.yaml")
      #expect(back == configuration, "seed \(seed):\n\(text)")
      #expect(try back.yaml() == text, "seed \(seed)")
      #expect(back.differences(from: configuration) == [], "seed \(seed)")
    }
  }

  /// Checkpoints of earlier versions hold a digest of this text.
  @Test func theDefaultEvaluationIsEncodedAsItAlwaysWas() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(Configuration().evaluation), as: UTF8.self)
    #expect(text == #"{"attacks":[],"batchSize":100,"bracketsPerTask":20,"certify":[],"galleryPerTask":2}"#)
    var other = Configuration().evaluation
    other.agnosticImages = 3
    other.everyTasks = 7
    other.corruptions.images = 4
    other.corruptions.kinds = [.fog]
    other.certification = .init(linf: [try Rational("1/255")], local: true, throughoutLimit: 9)
    other.smoothing = .init(sigma: 0.25, samples: 3, selectionSamples: 2, alpha: 0.5, images: 1)
    other.spatial.shifts = 2.5
    for evaluation in [other, Configuration().evaluation] {
      let back = try JSONDecoder().decode(Configuration.Evaluation.self, from: encoder.encode(evaluation))
      #expect(back == evaluation)
    }
  }

  /// Checkpoints hold a digest of this text: what only a convnet has is not in that of any other network.
  @Test func aNetworkWithoutListsIsEncodedAsItAlwaysWas() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(Configuration().network), as: UTF8.self)
    #expect(
      text
        == #"{"activation":"relu","architecture":"resnet","block":"pre-activation","constraint":"spectral","depth":8,"#
        + #""dynamics":{"alpha":1,"beta":0,"gateBias":-2,"shared":false,"step":1},"headBudget":16,"heads":4,"#
        + #""initialization":"automatic","norm":"batch","patch":4,"readout":"pooled","shortcut":"projection","#
        + #""survival":1,"width":8}"#)
  }

  @Test func aConvnetListsItsLayersInPlaceOfDepthAndWidth() throws {
    var it = Configuration()
    it.data.folder = "x"
    it.network = NetworkDescription(architecture: .convnet, block: .plain, norm: .none, readout: .flattened)
    let text = try it.yaml()
    #expect(text.contains("    - channels: 16\n      kernel: 4\n      stride: 2\n      padding: 1\n      pool: 1\n"))
    #expect(text.contains("  hidden: [100]\n") && !text.contains("  depth: 3") && !text.contains("  width: 100"))
    #expect(try ConfigurationReader.read("data: {folder: x}\nnetwork: {architecture: convnet}", path: "f") == it)
    // LeNet5 as advertorch has it: what is left out is a stride of 1.
    let changed = try it.applying(overrides: [
      "network.convolutions=[{channels: 32, kernel: 5, pool: 2}, {channels: 64, kernel: 5, pool: 2}]",
      "network.hidden=[1024]",
    ])
    let layers = [32, 64].map { NetworkDescription.Convolution(channels: $0, kernel: 5, padding: 2, pool: 2) }
    #expect(changed.network.convolutions == layers && changed.network.hidden == [1024])
    #expect(changed.network.depth == 3 && changed.network.width == 1024)
    #expect(changed.differences(from: it).contains("network.hidden: [100] → [1024]"))
  }

  @Test func whatCannotBeReadIsNotWritten() {
    var configuration = Configuration()
    #expect(throws: ConfigurationError.self) { try configuration.yaml() }
    configuration.data.folder = "x"
    configuration.training.epochs = 0
    #expect(throws: ConfigurationError.self) { try configuration.yaml() }
    configuration.training.epochs = 1
    configuration.name = "\u{FEFF}x"
    #expect(throws: ConfigurationError.self) { try configuration.yaml() }
  }

  @Test func differencesAreLines() throws {
    var old = Configuration()
    old.data.folder = "x"
    var new = old
    new.training.epochs = 20
    new.network.branchBudget = 1
    new.data.stream.classes = ["a b", "c"]
    new.evaluation.attacks = [.init(name: .fgsm, norm: .linf, epsilons: [try Rational("8/255")])]
    #expect(
      new.differences(from: old) == [
        "data.stream.classes: [] → [\"a b\", c]", "network.branchBudget: null → 1.0", "training.epochs: 10 → 20",
        "evaluation.attacks[0].name: (absent) → fgsm", "evaluation.attacks[0].norm: (absent) → linf",
        "evaluation.attacks[0].epsilons: (absent) → [8/255]", "evaluation.attacks[0].form: (absent) → raw",
        "evaluation.attacks: [] → (absent)",
      ])
  }

  @Test func overridesGoThroughTheSameChecks() throws {
    var base = Configuration()
    base.data.folder = "x"
    let changed = try base.applying(overrides: [
      "training.epochs=3", "data.stream.classes=[a, b]", "training.epochs = 4", "network={depth: 14}",
      "evaluation.attacks=[{name: pgd, norm: l2, epsilons: [1/2]}]", "name=a=b", "network.branchBudget=null",
    ])
    #expect(changed.training.epochs == 4)
    #expect(changed.data.stream.classes == ["a", "b"])
    #expect(changed.network == NetworkDescription(depth: 14))
    #expect(changed.evaluation.attacks.map(\.name) == [.pgd])
    #expect(changed.name == "a=b")
  }

  @Test(arguments: [
    ("trainig.epochs=3", "unknown key 'trainig.epochs' (did you mean 'training.epochs'?)"),
    ("training.epochs=no", "'training.epochs' must be a whole number from 1 to 1000000, not 'no'"),
    ("training.epochs=", "'training.epochs' has no value: it must be a whole number from 1 to 1000000"),
    ("training.epochs", "an override needs a key, '=' and a value (such as training.epochs=3)"),
    ("training={epoch: 3}", "unknown key 'training.epoch' (did you mean 'training.epochs'?)"),
    ("data.stream.classes=[a", "not valid YAML: did not find expected ',' or ']'"),
  ])
  func aWrongOverrideIsNamed(_ it: (override: String, reason: String)) throws {
    var base = Configuration()
    base.data.folder = "x"
    let error = try #require(throws: ConfigurationError.self) { try base.applying(overrides: [it.override]) }
    #expect(error.path == "--set \(it.override)")
    #expect(error.description.hasSuffix(": \(it.reason)"))
  }

  @Test func anOverrideReplacesASectionThatIsNone() throws {
    let text = "data: {folder: x}\ntraining: 3\n"
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationReader.read(text, path: "f.yaml", overrides: ["training.epochs=3"])
    }
    #expect(error.reason == "'training' is not a section in f.yaml")
    let filled = try ConfigurationReader.read(
      "training:\n", path: "f", overrides: ["training.epochs=3", "data.folder=x"])
    #expect(filled.training.epochs == 3)
  }

  @Test func contrastsAreTheExperimentWithChanges() throws {
    let text = """
      name: main
      data: {folder: x}
      training: {epochs: 3}
      contrasts:
        - {name: fine-tuning, set: [strategy.kind=fine-tuning, training.epochs=4]}
        - name: wide_2
          set: ["network.width=16"]
      """
    let main = try ConfigurationReader.read(text, path: "f.yaml")
    let contrasts = try main.resolvedContrasts()
    #expect(contrasts.map(\.name) == ["fine-tuning", "wide_2"])
    var expected = main
    expected.contrasts = []
    expected.name = "fine-tuning"
    expected.strategy.kind = .fineTuning
    expected.training.epochs = 4
    #expect(contrasts.first?.configuration == expected)
    #expect(try main.contrast(named: "wide_2").network.width == 16)
    #expect(throws: ConfigurationError.self) { try main.contrast(named: "other") }
  }

  @Test(arguments: [
    ("{name: a/b}", "must be letters, digits"), ("{name: ..}", "must be letters"), ("{name: ''}", "must be letters"),
    ("{name: -a}", "must be letters"), ("{set: []}", "'contrasts[].name' is missing"),
    ("{name: a}, {name: A}", "is used twice"),
    ("{name: a, set: [trainig.epochs=1]}", "contrast 'a', set trainig.epochs=1: unknown key"),
    ("{name: a, set: [training.epochs=0]}", "contrast 'a', set training.epochs=0: 'training.epochs' must be"),
    ("{name: a, set: [data.folder=y]}", "cannot change 'data'"),
    ("{name: a, set: ['contrasts=[]']}", "cannot change 'contrasts'"),
    ("{name: a, set: ['data={folder: y}']}", "cannot change 'data'"),
    ("{name: a, set: [network.depth=9]}", "contrast 'a', set network.depth=9: 'network' does not fit together"),
  ])
  func aWrongContrastIsRefusedWhenRead(_ it: (contrasts: String, mention: String)) throws {
    let text = "data: {folder: x}\ncontrasts: [\(it.contrasts)]\n"
    let error = try #require(throws: ConfigurationError.self) { try ConfigurationReader.read(text, path: "f.yaml") }
    #expect(error.path == "f.yaml" && error.line == 2)
    #expect(error.description.contains(it.mention), "\(error)")
  }

  @Test func theTemplateTeachesEveryKeyAndItsDefault() throws {
    let keyPaths = ConfigurationReader.keyPaths
    #expect(keyPaths.count > 40 && Set(keyPaths).count == keyPaths.count)
    // Every key is there, in its section: walk the lines by their indentation.
    var open: [(indent: Int, key: String)] = []
    var seen: Set<String> = []
    for line in Configuration.template.split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("#") {
      let isElement = line.drop { $0 == " " }.hasPrefix("- ")
      let indent = line.prefix { $0 == " " }.count + (isElement ? 2 : 0)
      guard let key = line.dropFirst(indent).split(separator: ":").first else { continue }
      open.removeAll { $0.indent >= indent }
      let inList = ["attacks", "contrasts", "convolutions"].contains(open.last?.key)
      seen.insert(open.map(\.key).joined(separator: ".") + (open.isEmpty ? "" : inList ? "[]." : ".") + key)
      open.append((indent, String(key)))
    }
    #expect(seen == Set(keyPaths))

    var it = try ConfigurationReader.read(Configuration.template, path: "template.yaml")
    #expect(it.evaluation.attacks.count == 3 && it.evaluation.attacks[1].steps == 10 && it.contrasts.count == 1)
    #expect(it.full == ["training.epochs=60"])
    it.evaluation.attacks = []
    it.evaluation.certify = []
    it.contrasts = []
    it.full = nil
    var defaults = Configuration()
    defaults.data.folder = "images"
    #expect(it == defaults)
  }
}

extension Configuration {
  /// A valid configuration with nothing left at its default for sure.
  static func random(using generator: inout SeededGenerator) throws -> Configuration {
    func text(_ generator: inout SeededGenerator) -> String {
      let letters = [
        "a", "Z", "7", "-", "_", " ", ".", "/", ":", "#", "\"", "'", "\\", "\n", "\t", "é", "日", "😀", "\u{0}",
        "\u{85}", "\u{2028}", "\u{FEFF}", "*", "&", "!", "%", "@", "`", "{", "[", ",", "?", "|", ">", "~", "null",
        "true",
      ]
      return (0...Int.random(in: 0...6, using: &generator)).map { _ in letters.randomElement(using: &generator) ?? "" }
        .joined().replacing(/^\u{FEFF}+/, with: "b")
    }
    var it = Configuration()
    it.name = text(&generator)
    it.seed = .random(in: 0 ... .max, using: &generator)
    it.data.folder = text(&generator)
    it.data.decoding.form = DecodingPolicy.Form.allCases.randomElement(using: &generator) ?? .auto
    it.data.decoding.alpha = Bool.random(using: &generator) ? .keep : .composite
    it.data.decoding.background = Background(
      red: .random(in: 0...255, using: &generator), green: .random(in: 0...255, using: &generator),
      blue: .random(in: 0...255, using: &generator))
    it.data.decoding.depth = Bool.random(using: &generator) ? .sixteen : .eight
    it.data.decoding.color = Bool.random(using: &generator) ? .srgb : .stored
    it.data.decoding.orientation = Bool.random(using: &generator) ? .upright : .stored
    if Bool.random(using: &generator) {
      it.data.decoding.sizing = Sizing(
        height: .random(in: 1...100, using: &generator), width: .random(in: 1...100, using: &generator),
        fit: Sizing.Fit.allCases.randomElement(using: &generator) ?? .pad,
        filter: Sizing.Filter.allCases.randomElement(using: &generator) ?? .area)
    }
    it.data.stream = stream(text, &generator)
    if it.data.stream.kind == .sequence { it.data.folder = "" }
    it.data.storage = Data.Storage.allCases.randomElement(using: &generator) ?? .auto
    it.data.cacheFolder = Bool.random(using: &generator) ? text(&generator) : ""
    it.data.testFraction = .random(in: 0.001..<1, using: &generator)
    it.data.strict = .random(using: &generator)
    it.data.trainPerClass = .random(using: &generator) ? nil : .random(in: 1...9, using: &generator)
    it.full = .random(using: &generator) ? nil : ["training.epochs=90"]
    it.training.augmentation.padAndCrop = .random(in: 0...4, using: &generator)
    it.training.augmentation.flip = .random(using: &generator)
    it.training.augmentation.cutout = .random(in: 0...8, using: &generator)
    it.training.augmentation.mixup = Bool.random(using: &generator) ? .random(in: 0.1...1, using: &generator) : 0
    if it.training.augmentation.mixup == 0 {
      it.training.adversarial.method = .pgd
      it.training.adversarial.epsilon = try Rational("0.030")
      it.training.adversarial.step = try Rational("1/100")
    } else {
      it.training.noise = .random(in: 0...1, using: &generator)
    }
    it.training.adversarial.steps = .random(in: 1...9, using: &generator)
    it.training.adversarial.beta = .random(in: 0...9, using: &generator)
    it.training.penalty.inputGradient = .random(in: 0...9, using: &generator)
    it.training.penalty.marginRadius = Bool.random(using: &generator) ? try Rational("0.50") : nil
    it.network.depth = 6 * .random(in: 1...10, using: &generator) + 2
    it.network.width = .random(in: 1...100, using: &generator)
    it.network.block = Bool.random(using: &generator) ? .postActivation : .preActivation
    it.network.norm = [NetworkDescription.NormKind.batch, .group, .none].randomElement(using: &generator) ?? .batch
    it.network.readout = Bool.random(using: &generator) ? .flattened : .pooled
    if it.network.norm == .none { it.network.branchBudget = .random(in: 1e-6...10, using: &generator) }
    if it.network.branchBudget != nil {
      it.network.constraint = .random(using: &generator) ? .almostOrthogonal : .spectral
    }
    if it.network.width.isMultiple(of: 2) { it.network.activation = .maxMin }
    if it.network.norm == .none, Bool.random(using: &generator) {
      let network = it.network
      let convolutions = (0...Int.random(in: 0...3, using: &generator)).map { _ in
        NetworkDescription.Convolution(
          channels: 2 * .random(in: 1...9, using: &generator), kernel: .random(in: 2...9, using: &generator),
          stride: .random(in: 1...3, using: &generator), padding: .random(in: 0...1, using: &generator),
          pool: .random(in: 1...3, using: &generator))
      }
      it.network = NetworkDescription(
        architecture: .convnet, block: .plain, activation: .maxMin, norm: .none, readout: network.readout,
        branchBudget: network.branchBudget, constraint: network.constraint, convolutions: convolutions,
        hidden: (0..<Int.random(in: 0...3, using: &generator)).map { 2 * ($0 + 1) })
    }
    it.network.headBudget = .random(in: 1e-6...100, using: &generator)
    it.strategy.kind = Bool.random(using: &generator) ? .fineTuning : .adapters
    if Bool.random(using: &generator) {
      it.strategy.trunk = .weights
      it.strategy.trunkPath = text(&generator)
    }
    it.strategy.adapter = AdapterDescription(
      kind: AdapterDescription.Kind.allCases.randomElement(using: &generator) ?? .series,
      rank: Bool.random(using: &generator) ? .random(in: 1...64, using: &generator) : nil,
      scale: -.random(in: 0.1...9, using: &generator),
      budget: Bool.random(using: &generator) ? .random(in: 0.1...9, using: &generator) : nil,
      depth: .random(in: 1...9, using: &generator))
    it.training.trunkEpochs = .random(in: 1...100, using: &generator)
    it.training.epochs = .random(in: 1...100, using: &generator)
    it.training.batchSize = .random(in: 1...100, using: &generator)
    it.training.optimizer = OptimizerDescription(
      kind: .adamw, learningRate: .random(in: 1e-9...1, using: &generator),
      momentum: .random(in: 0.1..<1, using: &generator), nesterov: .random(using: &generator),
      weightDecay: .random(in: 0...1, using: &generator))
    it.training.schedule = Training.Schedule.allCases.randomElement(using: &generator) ?? .cosine
    it.evaluation.batchSize = .random(in: 1...100, using: &generator)
    if Bool.random(using: &generator) {
      it.evaluation.attacks = [
        Attack(name: .fgsm, norm: .linf, epsilons: [try Rational("0.5/255"), try Rational("8/255")]),
        Attack(name: .pgd, norm: .l2, epsilons: [try Rational("1e-3")], steps: .random(in: 1...9, using: &generator)),
      ]
      it.evaluation.certify = [try Rational("0.10"), try Rational("1/3")]
    }
    it.evaluation.galleryPerTask = .random(in: 0...9, using: &generator)
    it.evaluation.bracketsPerTask = .random(in: 0...9, using: &generator)
    it.evaluation.agnosticImages = .random(in: 0...9, using: &generator)
    it.evaluation.everyTasks = .random(in: 1...9, using: &generator)
    it.evaluation.corruptions.images = .random(in: 0...9, using: &generator)
    it.evaluation.corruptions.severities = Bool.random(using: &generator) ? [2] : [1, 2, 5]
    it.evaluation.corruptions.kinds = Bool.random(using: &generator) ? [] : [.snow, .jpegCompression]
    it.evaluation.certification = .init(
      linf: Bool.random(using: &generator) ? [] : [try Rational("1/255"), try Rational("0.5")],
      local: .random(using: &generator), throughoutLimit: .random(in: 0...9, using: &generator))
    it.evaluation.smoothing = .init(
      sigma: .random(in: 0...9, using: &generator), samples: .random(in: 1...9, using: &generator),
      selectionSamples: .random(in: 1...9, using: &generator), alpha: .random(in: 0.1...0.9, using: &generator),
      images: .random(in: 1...9, using: &generator))
    it.evaluation.spatial = Spatial(
      turns: Bool.random(using: &generator) ? 0 : .random(in: 0...180, using: &generator),
      shifts: .random(in: 0...9, using: &generator), draws: .random(in: 1...99, using: &generator))
    it.compute.threads = .random(in: 0...9, using: &generator)
    it.compute.device = Bool.random(using: &generator) ? .cuda(3) : .auto
    it.compute.dataParallel = .random(using: &generator)
    if it.network.block != .backwardEuler {
      it.compute.precision.training = .allCases.randomElement(using: &generator) ?? .full
      it.compute.precision.trunk = .allCases.randomElement(using: &generator) ?? .full
      it.compute.precision.search = .allCases.randomElement(using: &generator) ?? .full
    }
    it.checkpoints.everySteps = .random(in: 0...99, using: &generator)
    if Bool.random(using: &generator) {
      it.contrasts = [Contrast(name: "a-1", set: ["training.epochs=3", "strategy.adapter.rank=7"])]
    }
    // A side path learns from features that are computed once.
    if it.strategy.adapter.kind == .side, it.strategy.kind == .adapters {
      it.training.augmentation = Augmentation()
      it.training.adversarial.method = .none
      it.training.noise = 0
      it.training.penalty.inputGradient = 0
    }
    return it
  }

  /// A stream of a random kind, with what that kind reads.
  private static func stream(
    _ text: (inout SeededGenerator) -> String, _ generator: inout SeededGenerator
  ) -> StreamDescription {
    var it = StreamDescription(kind: StreamDescription.Kind.allCases.randomElement(using: &generator) ?? .domains)
    let names = Set((0..<6).map { _ in text(&generator) }).subtracting([""]).sorted()
    let plain = ["b", "a", "Zoë"]
    switch it.kind {
    case .classSplit, .manifest:
      if Bool.random(using: &generator) {
        it.classesPerTask = .random(in: 2...100, using: &generator)
        it.order = Bool.random(using: &generator) ? .seeded : .natural
      } else if names.count >= 4 {
        it.classes = names
        it.sizes = [2, names.count - 2]
      }
    case .domains: it.domains = Bool.random(using: &generator) ? plain : []
    case .permuted:
      it.tasks = .random(in: 2...9, using: &generator)
      it.firstIsStored = .random(using: &generator)
    case .rotated: it.degrees = [0, .random(in: 1...170, using: &generator), -20.5]
    case .degraded: it.degradations = ["none", "gaussian-noise/3", "fog/1"]
    case .sequence: it.folders = plain.map { $0 + "/images" }
    }
    it.online = Bool.random(using: &generator) ? .init(blur: .random(in: 0...1, using: &generator)) : nil
    return it
  }
}
