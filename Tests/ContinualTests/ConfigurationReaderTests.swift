import Continual
import Foundation
import ImageData
import ResidualNets
import Results
import Testing

@Suite struct ConfigurationReaderTests {
  private static let minimal = "data:\n  folder: images\n"

  @Test func everythingButTheFolderHasADefault() throws {
    var expected = Configuration()
    expected.data.folder = "images"
    #expect(try ConfigurationReader.read(Self.minimal, path: "x.yaml") == expected)
    let empty = Self.minimal + "training:\n  # nothing here yet\nevaluation: null\n"
    #expect(try ConfigurationReader.read(empty, path: "x.yaml") == expected)
  }

  @Test func theLongFormOfAnExperiment() throws {
    let text =
      Self.minimal + "  trainPerClass: 5\ntraining: {epochs: 2}\nfull: [data.trainPerClass=null, training.epochs=9]\n"
    let short = try ConfigurationReader.read(text, path: "x.yaml")
    #expect(short.data.trainPerClass == 5 && short.training.epochs == 2 && short.full?.count == 2)
    let long = try ConfigurationReader.read(text, path: "x.yaml", full: true)
    #expect(long.data.trainPerClass == nil && long.training.epochs == 9 && long.full == nil)
    let changed = try ConfigurationReader.read(text, path: "x.yaml", full: true, overrides: ["training.epochs=4"])
    #expect(changed.training.epochs == 4, "what is asked for last holds")
    // What the file lists can be replaced like any other value.
    let other = try ConfigurationReader.read(text, path: "x.yaml", full: true, overrides: ["full=[seed=3]"])
    #expect(other.data.trainPerClass == 5 && other.seed == 3)
    #expect(throws: ConfigurationError.self) { try ConfigurationReader.read(Self.minimal, path: "x.yaml", full: true) }
    // The long form is checked before anyone waits for the short one.
    for (change, reason) in [
      ("training.epochs=-1", "training.epochs"), ("training.nothing=1", "training.nothing"),
      ("full=[seed=1]", "cannot change 'full'"),
    ] {
      #expect {
        try ConfigurationReader.read(Self.minimal + "full: ['\(change)']\n", path: "x.yaml")
      } throws: { "\($0)".contains("full \(change)") && "\($0)".contains(reason) }
    }
  }

  @Test func readsEveryKindOfValue() throws {
    let text = """
      schema: steadfast.config/1
      name: "two words"
      seed: 18446744073709551615
      data:
        folder: ../a b/c
        decoding: {form: gray, alpha: keep, background: '#0080ff', depth: 16, size: [28, 32], fit: pad, filter: area}
        stream: {sizes: [2, 3], classes: [7, true, 'x: y', z, u]}
        strict: true
        storage: lazily
      network: {architecture: mlp, depth: 4, width: 32, norm: none, branchBudget: 0.5}
      training:
        trunkEpochs: 3
        optimizer: {kind: adamw, learningRate: 1e-3, weightDecay: 0}
        schedule: step
      evaluation:
        attacks:
          - {name: fgsm, norm: linf, epsilons: [0.5/255, 8/255, "0.1"]}
          - {name: pgd, norm: l2, epsilons: [1/10], steps: 40}
        certify: [0.1, 1/4]
      compute: {device: "cuda:1", threads: 2, dataParallel: true, precision: {trunk: bf16}}
      """
    let it = try ConfigurationReader.read(text, path: "x.yaml")
    #expect(it.name == "two words")
    #expect(it.seed == .max)
    #expect(it.data.folder == "../a b/c")
    #expect(it.data.decoding.form == .gray && it.data.decoding.alpha == .keep && it.data.decoding.depth == .sixteen)
    #expect(it.data.decoding.background == Background(red: 0, green: 128, blue: 255))
    #expect(it.data.decoding.sizing == Sizing(height: 28, width: 32, fit: .pad, filter: .area))
    #expect(it.data.stream.classes == ["7", "true", "x: y", "z", "u"] && it.data.stream.sizes == [2, 3])
    #expect(it.data.strict && it.data.storage == .lazily)
    #expect(it.network.architecture == .mlp && it.network.branchBudget == 0.5)
    #expect(it.training.optimizer.kind == .adamw && it.training.optimizer.learningRate == 0.001)
    #expect(it.training.schedule == .step && it.training.trunkEpochs == 3 && it.training.epochs == 10)
    #expect(it.evaluation.attacks.map(\.steps) == [nil, 40])
    #expect(it.evaluation.attacks[0].epsilons.map(\.text) == ["0.5/255", "8/255", "0.1"])
    #expect(it.evaluation.certify == [try Rational("1/10"), try Rational("0.25")])
    #expect(it.compute.device == .cuda(1) && it.compute.dataParallel)
    #expect(it.compute.precision.trunk == .bf16 && it.compute.precision.training == .full)
  }

  @Test func halfTheBitsSolveNoEquation() throws {
    let text =
      "data: {folder: x}\nnetwork: {block: backward-euler, norm: group}\ncompute: {precision: {search: bf16}}\n"
    let error = try #require(throws: ConfigurationError.self) { try ConfigurationReader.read(text, path: "run.yaml") }
    #expect(error.description.contains("backward-euler") && error.keyPath == "compute")
    #expect(throws: ConfigurationError.self) {
      try ConfigurationReader.read("data: {folder: x}\ncompute: {precision: {training: fp64}}\n", path: "run.yaml")
    }
  }

  @Test func aMisspeltKeyIsNamedWithItsPlaceAndTheNearest() throws {
    let text = "seed: 1\ndata:\n  folder: x\ntraining:\n  batchSize: 8\n  epoch: 3\n"
    let error = try #require(throws: ConfigurationError.self) { try ConfigurationReader.read(text, path: "run.yaml") }
    #expect(
      error.description == "run.yaml:6:3: unknown key 'training.epoch' (did you mean 'training.epochs'?)")
    #expect(error.line == 6 && error.column == 3 && error.keyPath == "training.epoch")
  }

  /// Text, what its error's description starts with, and what it has to mention.
  static let wrong: [(text: String, start: String, mention: String)] = [
    ("trainig: {epochs: 3}\n\(minimal)", "f.yaml:1:1: unknown key 'trainig'", "'training'"),
    ("\(minimal)epochs: 3\n", "f.yaml:3:1: unknown key 'epochs'", "'training.epochs'"),
    ("data: {foldr: x}", "f.yaml:1:8: unknown key 'data.foldr'", "'data.folder'"),
    ("\(minimal)<<: {seed: 1}\n", "f.yaml:3:1: unknown key '<<'", ""),
    ("", "f.yaml: 'data.folder' is missing", "PNG"),
    ("data:\n  strict: true", "f.yaml:2:3: 'data.folder' is missing", ""),
    ("data: {folder: x, order: natural}", "f.yaml:1:19: unknown key 'data.order'", "'data.stream.order'"),
    ("data: {folder: ''}", "f.yaml:1:16: 'data.folder' must not be empty", ""),
    ("data: {folder: }", "f.yaml:1:", "has no value"),
    ("data: {folder: [x]}", "f.yaml:1:16: 'data.folder' must be text", "a list"),
    ("data: images", "f.yaml:1:7: 'data' must be a section", "images"),
    ("\(minimal)training: {epochs: ten}", "f.yaml:3:20: 'training.epochs' must be a whole number", "'ten'"),
    ("\(minimal)training: {epochs: 0}", "f.yaml:3:20: 'training.epochs'", "from 1"),
    ("\(minimal)training: {epochs: 1.5}", "f.yaml:3:20: 'training.epochs'", "'1.5'"),
    ("\(minimal)training: {epochs: '3'}", "f.yaml:3:20: 'training.epochs'", "quotes"),
    ("\(minimal)training: {epochs: !!int 3}", "f.yaml:3:20: 'training.epochs'", "tag"),
    ("\(minimal)training: {epochs: 99999999999999999999}", "f.yaml:3:20: 'training.epochs'", "whole number"),
    ("\(minimal)seed: -1", "f.yaml:3:7: 'seed'", "from 0"),
    ("\(minimal)training: {optimizer: {learningRate: .nan}}", "f.yaml:3:38:", "above 0"),
    ("\(minimal)training: {optimizer: {learningRate: inf}}", "f.yaml:3:38:", "above 0"),
    ("\(minimal)training: {optimizer: {nesterov: true, momentum: 0}}", "f.yaml:3:34:", "momentum"),
    ("data: {folder: x, strict: yes}", "f.yaml:1:27: 'data.strict' must be true or false", "'yes'"),
    ("data: {folder: x, decoding: {form: grey}}", "f.yaml:1:36: 'data.decoding.form' must be one of auto", "'gray'"),
    ("data: {folder: x, decoding: {depth: 12}}", "f.yaml:1:37: 'data.decoding.depth'", "8 or 16"),
    ("data: {folder: x, decoding: {background: grey}}", "f.yaml:1:42: 'data.decoding.background'", "'grey'"),
    ("data: {folder: x, decoding: {size: [28]}}", "f.yaml:1:36: 'data.decoding.size'", "[rows, columns]"),
    ("data: {folder: x, decoding: {fit: pad}}", "f.yaml:1:35: 'data.decoding.fit'", "'data.decoding.size'"),
    ("data: {folder: x, stream: {kind: sequence, folders: [a, b]}}", "f.yaml:1:16: 'data.folder'", "sequence"),
    ("data: {folder: x, stream: {tasks: 3}}", "f.yaml:1:", "tasks"),
    ("data: {folder: x, stream: {kind: rotated, degrees: [0, 360]}}", "f.yaml:1:52: 'data.stream.degrees'", "360"),
    ("data: {folder: x, testFraction: 1}", "f.yaml:1:33: 'data.testFraction'", "below 1"),
    ("data: {folder: x, stream: {classes: [a, b, a]}}", "f.yaml:1:37: 'data.stream.classes'", "twice"),
    ("\(minimal)network: {depth: 9}", "f.yaml:3:10: 'network'", "6n+2"),
    ("\(minimal)network: {branchBudget: 1}", "f.yaml:3:10: 'network'", "norm"),
    ("\(minimal)strategy: {adapterRank: 8}", "f.yaml:3:12: unknown key 'strategy.adapterRank'", "adapter"),
    ("\(minimal)strategy: {adapter: {kind: sides}}", "f.yaml:3:28: 'strategy.adapter.kind'", "'side'"),
    ("\(minimal)strategy: {adapter: {rank: 0}}", "f.yaml:3:28: 'strategy.adapter.rank'", "from 1"),
    ("\(minimal)strategy: {adapter: {scale: 0}}", "f.yaml:3:29: 'strategy.adapter.scale'", "other than 0"),
    ("\(minimal)strategy: {adapter: {budget: 0}}", "f.yaml:3:30: 'strategy.adapter.budget'", "above 0"),
    (
      "\(minimal)strategy: {adapter: {kind: side}}\ntraining: {augmentation: {flip: true}}", "f.yaml:4:11: 'training'",
      "computed once"
    ),
    ("\(minimal)network: {architecture: resnet50, depth: 8}", "f.yaml:3:10: 'network'", "leave depth out"),
    ("\(minimal)network: {architecture: convnet, depth: 3}", "f.yaml:3:41: 'network.depth' says nothing", "hidden"),
    ("\(minimal)network: {architecture: convnet, width: 3}", "f.yaml:3:41: 'network.width' says nothing", "hidden"),
    (
      "\(minimal)network: {architecture: convnet, convolutions: []}", "f.yaml:3:48: 'network.convolutions'",
      "at least one"
    ),
    ("\(minimal)network: {architecture: convnet, convolutions: }", "f.yaml:3:", "list"),
    (
      "\(minimal)network: {architecture: convnet, convolutions: [{kernel: 3}]}",
      "f.yaml:3:49: 'network.convolutions[].channels' is missing", "such as"
    ),
    (
      "\(minimal)network: {architecture: convnet, convolutions: [{channels: 0}]}",
      "f.yaml:3:60: 'network.convolutions[].channels'", "1 to 4096"
    ),
    (
      "\(minimal)network: {architecture: convnet, convolutions: [{channels: 4, kernel: 65}]}",
      "f.yaml:3:71: 'network.convolutions[].kernel'", "1 to 64"
    ),
    (
      "\(minimal)network: {architecture: convnet, convolutions: [{channels: 4, kernel: 5, padding: 5}]}",
      "f.yaml:3:83: 'network.convolutions[].padding'", "0 to 4"
    ),
    (
      "\(minimal)network: {architecture: convnet, convolutions: [{channels: 4, strides: 2}]}",
      "f.yaml:3:63: unknown key 'network.convolutions[].strides'", "'network.convolutions[].stride'"
    ),
    ("\(minimal)network: {architecture: convnet, hidden: 100}", "f.yaml:3:42: 'network.hidden' must be a list", "100"),
    ("\(minimal)network: {architecture: convnet, hidden: [5000]}", "f.yaml:3:43: 'network.hidden[]'", "1 to 4096"),
    ("\(minimal)network: {hidden: [10]}", "f.yaml:3:10: 'network'", "architecture to convnet"),
    ("\(minimal)network: {architecture: convnet, norm: batch}", "f.yaml:3:10: 'network'", "no norm"),
    ("\(minimal)strategy: {trunk: weights}", "f.yaml:3:19: 'strategy.trunk'", "trunkPath"),
    ("\(minimal)strategy: {trunkPath: w}", "f.yaml:3:23: 'strategy.trunkPath'", "first-task"),
    ("\(minimal)compute: {device: gpu}", "f.yaml:3:19: 'compute.device'", "cuda"),
    ("\(minimal)compute: {device: \"cuda:x\"}", "f.yaml:3:19: 'compute.device'", "cuda"),
    ("\(minimal)evaluation: {certify: [0.2, 0.1]}", "f.yaml:3:23: 'evaluation.certify'", "ascend"),
    ("\(minimal)evaluation: {certify: [8/0]}", "f.yaml:3:24: 'evaluation.certify[]'", "divides by zero"),
    ("\(minimal)evaluation: {certify: [-1]}", "f.yaml:3:24: 'evaluation.certify[]'", "not a size"),
    ("\(minimal)evaluation: {attacks: [{name: fgsm, norm: linf, epsilons: [2]}]}", "f.yaml:3:", "at most 1"),
    ("\(minimal)evaluation: {attacks: [{name: cw, norm: l1, epsilons: [1]}]}", "f.yaml:3:41:", "cw has no form for l1"),
    (
      "\(minimal)evaluation: {attacks: [{name: fgsm, norm: l1, epsilons: [1], steps: 3}]}", "f.yaml:3:",
      "fgsm has no steps"
    ),
    ("\(minimal)evaluation: {attacks: [{name: fgsm, norm: l2}]}", "f.yaml:3:24:", "'evaluation.attacks[].epsilons'"),
    ("\(minimal)evaluation: {attacks: [{name: fgsm, norm: l2, epsilon: [1]}]}", "f.yaml:3:", "attacks[].epsilons'?"),
    ("\(minimal)evaluation: {attacks: fgsm}", "f.yaml:3:23: 'evaluation.attacks' must be a list", ""),
    (
      "\(minimal)evaluation: {attacks: [{name: pgd, norm: l2, epsilons: [1]}, {name: pgd, norm: l2, epsilons: [2]}]}",
      "f.yaml:3:23: 'evaluation.attacks'", "one entry"
    ),
    ("\(minimal)evaluation: {everyTasks: 0}", "f.yaml:3:26: 'evaluation.everyTasks'", "from 1"),
    ("\(minimal)evaluation: {agnosticImages: -1}", "f.yaml:3:30: 'evaluation.agnosticImages'", "from 0"),
    ("\(minimal)evaluation: {corruptions: {severities: [3, 1]}}", "f.yaml:3:40:", "ascend"),
    ("\(minimal)evaluation: {corruptions: {severities: []}}", "f.yaml:3:40:", "at least one"),
    ("\(minimal)evaluation: {corruptions: {severities: [6]}}", "f.yaml:3:41:", "from 1 to 5"),
    ("\(minimal)evaluation: {corruptions: {kinds: [fogg]}}", "f.yaml:3:36:", "'fog'"),
    ("\(minimal)evaluation: {corruptions: {kinds: [fog, fog]}}", "f.yaml:3:35:", "once"),
    ("\(minimal)evaluation: {certification: {linf: [2]}}", "f.yaml:3:37:", "at most 1"),
    ("\(minimal)evaluation: {certification: {linf: [2/255, 1/255]}}", "f.yaml:3:36:", "ascend"),
    ("\(minimal)evaluation: {certification: {local: yes}}", "f.yaml:3:37:", "true or false"),
    ("\(minimal)evaluation: {certification: {throughoutLimit: -1}}", "f.yaml:3:47:", "from 0"),
    ("\(minimal)evaluation: {certification: {locl: true}}", "f.yaml:3:30: unknown key", "certification.local"),
    ("\(minimal)evaluation: {smoothing: {sigma: -1}}", "f.yaml:3:33: 'evaluation.smoothing.sigma'", "from 0 to 1e4"),
    ("\(minimal)evaluation: {smoothing: {samples: 0}}", "f.yaml:3:35:", "from 1 to 100000000"),
    ("\(minimal)evaluation: {smoothing: {selectionSamples: 0}}", "f.yaml:3:44:", "from 1"),
    ("\(minimal)evaluation: {smoothing: {alpha: 1}}", "f.yaml:3:33:", "below 1"),
    ("\(minimal)evaluation: {smoothing: {images: 0}}", "f.yaml:3:34:", "from 1"),
    ("\(minimal)evaluation: {corruptions: {image: 3}}", "f.yaml:3:28: unknown key", "corruptions.images"),
    ("\(minimal)evaluation: {spatial: {turns: 200}}", "f.yaml:3:31:", "from 0 to 180"),
    ("\(minimal)evaluation: {spatial: {shifts: -1}}", "f.yaml:3:32:", "from 0 to 1000"),
    ("\(minimal)evaluation: {spatial: {draws: 0}}", "f.yaml:3:31:", "from 1"),
    ("\(minimal)evaluation: {spatial: {turn: 3}}", "f.yaml:3:24: unknown key", "spatial.turns"),
    ("\(minimal)seed: 1\nseed: 2", "f.yaml:3:1: 'seed' occurs more than once", ""),
    ("\(minimal)schema: steadfast.config/2", "f.yaml:3:9: 'schema'", "steadfast.config/1"),
    ("- a\n- b", "f.yaml:1:1: a configuration is a mapping", ""),
    ("data: {folder: x", "f.yaml:2:1:", "not valid YAML"),
    ("data:\n\tfolder: x", "f.yaml:2:1: not valid YAML", ""),
    ("\(minimal)? [a, b]\n: c", "f.yaml:3:3: a key must be a word", ""),
    ("\(minimal)seed: *nothing", "f.yaml:3:7: not valid YAML", "alias"),
    ("\(minimal)--- \nseed: 1", "f.yaml:3:1: not valid YAML", "document"),
    ("\(minimal)seed: \u{1}", "f.yaml: not valid YAML", "control"),
  ]

  @Test(arguments: wrong) func wrongInputIsRefused(_ it: (text: String, start: String, mention: String)) throws {
    let error = try #require(throws: ConfigurationError.self) { try ConfigurationReader.read(it.text, path: "f.yaml") }
    #expect(error.description.hasPrefix(it.start))
    #expect(it.mention.isEmpty || error.description.contains(it.mention))
  }

  @Test func hostileTextEndsQuickly() throws {
    let laughs = (1...12).map { "a\($0): &a\($0) [*a\($0 - 1),*a\($0 - 1)]\n" }.joined()
    let keyed = (1...7).map { "? &a\($0) [*a\($0 - 1),*a\($0 - 1)]\n: x\n" }.joined()
    let texts = [
      "a0: &a0 x\n" + laughs, "? &a0 x\n: x\n" + keyed, String(repeating: "[", count: 1 << 20),
      String(repeating: "- ", count: 1 << 19), String(repeating: "a: &x *x\n", count: 100),
      "data: {folder: " + String(repeating: "x", count: 1 << 20) + "}", String(repeating: "{a: ", count: 900),
      "data: {folder: \"" + String(repeating: "x", count: 5000) + "\"}",
    ]
    for text in texts {
      let error = try #require(throws: ConfigurationError.self) {
        try ConfigurationReader.read(text, path: "f.yaml")
      }
      #expect(error.description.utf8.count < 500)
    }
  }

  @Test func randomDamageNeverCrashes() throws {
    let template = Array(Configuration.template.utf8)
    for seed in 0..<200 {
      var generator = SeededGenerator(seed: UInt64(seed))
      var bytes = template
      for _ in 0..<5 {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0x20..<0x7F, using: &generator)
      }
      if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: bytes.indices, using: &generator)) }
      do {
        _ = try ConfigurationReader.read(String(decoding: bytes, as: UTF8.self), path: "f.yaml")
      } catch {
        #expect(error is ConfigurationError, "seed \(seed): \(error)")
      }
    }
  }

  @Test func aFileIsReadAndABadOneNamed() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("x.yaml")
    try Data(Self.minimal.utf8).write(to: file)
    let it = try ConfigurationReader.read(contentsOf: file, overrides: ["seed=5"]).resolvingPaths(relativeTo: folder)
    #expect(it.seed == 5)
    #expect(it.data.folder == folder.appendingPathComponent("images").path)
    try Data([0x61, 0x3A, 0xFF]).write(to: file)
    #expect(throws: ConfigurationError(path: file.path, reason: "is not UTF-8 text")) {
      try ConfigurationReader.read(contentsOf: file)
    }
    try Data(repeating: 0x20, count: (1 << 20) + 1).write(to: file)
    #expect(throws: ConfigurationError.self) { try ConfigurationReader.read(contentsOf: file) }
    try Data("network: {depth: 14}".utf8).write(to: file)
    var described = Configuration()
    described.network.depth = 14
    #expect(try ConfigurationReader.weights(contentsOf: file) == .family(described.network))
    #expect(throws: ConfigurationError.self) { try ConfigurationReader.read(contentsOf: file) }
    try Data("network: {deph: 14}".utf8).write(to: file)
    #expect(throws: ConfigurationError.self) { try ConfigurationReader.weights(contentsOf: file) }
    #expect(throws: RunError.self) { try ConfigurationReader.read(contentsOf: folder.appendingPathComponent("none")) }
    #expect(throws: RunError.self) { try ConfigurationReader.read(contentsOf: folder) }
  }
}

@Suite struct WeightsDescriptionTests {
  private func read(_ text: String) throws -> WeightsDescription {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(text.utf8).write(to: file)
    return try ConfigurationReader.weights(contentsOf: file)
  }

  @Test func layersAreAsInPyTorch() throws {
    #expect(
      try read("layers: {\"0\": {stride: 2, padding: [1, 3]}, 2: {dilation: 2, groups: 4}, 4: }")
        == .sequential([
          "0": .init(stride: [2, 2], padding: [1, 3], dilation: [1, 1], groups: 1),
          "2": .init(stride: [1, 1], padding: [0, 0], dilation: [2, 2], groups: 4),
          "4": .init(stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1),
        ]))
    #expect(try read("layers: {}") == .sequential([:]))
  }

  @Test(arguments: [
    ("layers: {conv1: {stride: 2}}", "layers.conv1", "is no layer"),
    ("layers: {0: {strid: 2}}", "layers.0.strid", "unknown key"),
    ("layers: {0: {stride: 0}}", "layers.0.stride", "from 1 to 4096"),
    ("layers: {0: {padding: [1, 2, 3]}}", "layers.0.padding", "at most 2"),
    ("layers: {0: {padding: [1]}}", "layers.0.padding", "rows and columns"),
    ("layers: {0: {groups: many}}", "layers.0.groups", "whole number"),
    ("layers: [2]", "layers", "must be a section"),
    ("layers: {0: {}}\nnetwork: {depth: 14}", "layers", "one of the families"),
  ])
  func wrongLayersAreNamed(_ text: String, _ keyPath: String, _ reason: String) throws {
    let error = try #require(throws: ConfigurationError.self) { try read(text) }
    #expect(error.keyPath == keyPath && error.reason.contains(reason), "\(error)")
  }

  @Test func anExperimentHasNoLayers() {
    #expect(throws: ConfigurationError.self) {
      try ConfigurationReader.read("data: {folder: x}\nlayers: {0: {stride: 2}}", path: "e.yaml")
    }
  }
}

/// A linear congruential generator, for tests that print their seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 33)
  }
}
