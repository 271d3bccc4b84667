import ArgumentParser
import Foundation
import Steadfast

struct AttackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attack",
    abstract: "Attack trained networks, and print accuracy with its 95 % interval.",
    discussion: """
      Every network of a run (one a task) is attacked on the test images of its classes. Sizes are in pixels on [0, 1]; \
      an image counts as correct when it is right clean and under the attack. Intervals are Wilson's. "On the grid": \
      each adversarial rounded to whole levels inside its ball, as a PNG holds it, and scored again.

      Attacks:
      \(AttackKind.allCases.map { "  \($0.rawValue): \($0.summary) (\($0.norms.map(\.rawValue).joined(separator: ", ")))" }
        .joined(separator: "\n"))

      Examples:
        steadfast attack runs/demo --attack fgsm --eps 2/255,8/255
        steadfast attack weights.safetensors --network net.yaml --data images --norm l2 --eps 0.5 --attack pgd --steps 40
      """)

  @OptionGroup var subject: SubjectOptions
  @OptionGroup var attack: AttackOptions
  @OptionGroup var precision: SearchPrecisionOption

  @OptionGroup var spatial: SpatialOptions

  @Option(
    name: .customLong("save-images"),
    help: ArgumentHelp("Write adversarial images here, with a page to look through them.", valueName: "folder"))
  var saveImages: String?

  @Option(name: .customLong("save-count"), help: "How many images of each network to write.")
  var saveCount = 10

  @Option(help: "Decides random starting points.") var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Keep what attacks in a ball find in this file, batch by batch; the same command goes on from there.",
      valueName: "file"))
  var journal: String?

  @Flag(help: "In JSON, also say what became of every image.") var outcomes = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { console in
      let interruption = SignalTrap.install()
      return try await TorchActor.run { try attackAll(console, interruption) }
    }
  }

  @TorchActor
  private func attackAll(_ console: Console, _ interruption: Interruption) throws -> AttackFindings {
    let material = try subject.load(console)
    guard let source = material.images else {
      throw CommandError(.usage, "weights alone cannot be attacked: name images with --data")
    }
    var findings = AttackFindings(seed: seed, isReduced: precision.isReduced)
    var gallery = try saveImages.map { try AdversarialImages(folder: InputFiles.url($0)) }
    let attacks = attack.attacks(beside: material.attacks).map { precision.applied(to: $0.planned) }
    let sets = try material.networks.enumerated().map { number, network in
      try TestImages(source, for: network.subject, number: number, limit: self.subject.images)
    }
    let journal = try journal.map {
      try EvaluationJournal(InputFiles.url($0), identity: identity(material, sets, attacks))
    }
    for (number, (network, images)) in zip(material.networks, sets).enumerated() {
      let kept = saveImages == nil ? [] : images.places(saveCount)
      let plan = EvaluationPlan(
        attacks: attacks, batchSize: material.batchSize, kept: Set(kept),
        grid: PixelGrid(images.depth))
      let stream = RandomStream(seed: seed).stream("attack").stream(number)
      let outcome = try Evaluation(network.subject.network, plan, stream: stream).run(
        labels: images.labels, indices: images.indices, pixels: images.pixels,
        progress: { console.progress("attack \(network.title)", done: $0, of: images.labels.count, unit: "images") },
        isCancelled: { interruption.isRaised }, journal: journal?.part(of: "\(number + 1)"))
      findings.add(outcome, of: network, listingImages: outcomes)
      if let spatial = spatial.attack {
        let moved = try spatial.evaluate(
          network.subject.network, labels: images.labels, indices: images.indices, batchSize: material.batchSize,
          stream: stream, pixels: images.pixels,
          progress: {
            console.progress("turn and shift \(network.title)", done: $0, of: images.labels.count, unit: "images")
          }, isCancelled: { interruption.isRaised })
        findings.add(spatial, moved, of: network)
      }
      try gallery?.write(outcome.kept, of: network, number: number + 1, depth: images.depth)
    }
    try gallery?.finish()
    findings.files = gallery?.files ?? []
    return findings
  }
}

extension AttackCommand {
  /// What a journal's findings depend on.
  @TorchActor
  private func identity(
    _ material: SubjectOptions.Material, _ images: [TestImages], _ attacks: [PlannedAttack]
  ) throws -> [String: String] {
    [
      "networks": TensorDigest.digest(try material.networks.map { try $0.subject.digest() }.joined(separator: " ")),
      "images": TensorDigest.digest(try images.map { try $0.digest() }.joined(separator: " ")),
      "attacks": attacks.map { planned in
        let sizes = planned.epsilons.map(\.text).joined(separator: ",")
        let settings = material.networks.map { planned.attack.settings(classes: $0.subject.network.classCount) }
        return "\(planned.attack.name) \(settings) \(planned.norm) \(sizes) \(planned.form)"
      }.joined(separator: "; "),
      "seed": "\(seed)", "batch size": "\(material.batchSize)", "threads": "\(Torch.threads)",
      "steadfast": Environment.version, "libtorch": Torch.version, "processor": Torch.cpuCapability,
    ]
  }
}

/// Accuracy under attack, a row per network, attack and ε.
struct AttackFindings: CommandResult {
  struct Row: Encodable, Sendable {
    let network: String
    /// Of the run, from 1; nil of a network of no run.
    let task: Int?
    let attack: String
    let norm: PerturbationNorm?
    let epsilon: Rational?
    let accuracy: Double?
    let interval: Interval
    /// [correct, of].
    let counts: Tally
    /// [correct, of] once adversarials are images of whole levels, as PNGs hold them.
    let onGrid: Tally?
    /// Every setting of the attack.
    let settings: String?
    /// Forward passes, the mean over images.
    let queries: Double?
    /// Images that a search in bfloat16 took for fooled and the network itself did not; they were searched again. Nil of
    /// a search in fp32.
    let refuted: Int?
    let outcomes: Outcomes?
  }

  /// What became of every image, in order.
  struct Outcomes: Encodable, Sendable {
    /// Right clean and wrong under the attack.
    let fooled: [Bool]
    /// Of the adversarial that was found, 0 of an image that is wrong clean, null of one that withstood.
    let distance: [Double?]
  }

  let schema = "steadfast.attack/1"
  let seed: UInt64
  var rows: [Row] = []
  var files: [String] = []

  private let isReduced: Bool

  private enum CodingKeys: CodingKey { case schema, seed, rows, files }

  /// - Parameter isReduced: whether attacks search in bfloat16.
  init(seed: UInt64, isReduced: Bool) {
    self.seed = seed
    self.isReduced = isReduced
  }

  mutating func add(_ outcome: EvaluationOutcome, of network: JudgedNetwork, listingImages: Bool) {
    func add(_ attack: String, _ found: AttackOutcome?, _ tally: Tally) {
      rows.append(
        Row(
          network: network.name, task: network.task, attack: attack, norm: found?.ball.norm,
          epsilon: found?.ball.epsilon, accuracy: tally.rate, interval: tally.interval, counts: tally,
          onGrid: found?.tallyOnGrid, settings: found?.settings,
          queries: found.map { Double($0.queries.reduce(0, +)) / Double(max($0.queries.count, 1)) },
          refuted: isReduced ? found?.refuted : nil,
          outcomes: !listingImages
            ? nil
            : found.map {
              Outcomes(fooled: zip(outcome.cleanCorrect, $0.correct).map { $0 && !$1 }, distance: $0.successDistances)
            }))
    }
    add("clean", nil, outcome.clean)
    for attack in outcome.attacks { add(attack.attack, attack, attack.tally) }
  }

  mutating func add(_ spatial: SpatialAttack, _ found: (correct: [Bool], queries: [Int]), of network: JudgedNetwork) {
    let tally = Tally(found.correct)
    rows.append(
      Row(
        network: network.name, task: network.task, attack: spatial.name, norm: nil, epsilon: nil, accuracy: tally.rate,
        interval: tally.interval, counts: tally, onGrid: nil, settings: spatial.settings,
        queries: Double(found.queries.reduce(0, +)) / Double(max(found.queries.count, 1)), refuted: nil, outcomes: nil))
  }

  /// What the search in bfloat16 and the verdict in fp32 said differently.
  private var disagreement: String {
    guard isReduced else { return "" }
    let refuted = rows.compactMap(\.refuted)
    return "\n\nsearched in bfloat16, judged in float32: \(refuted.reduce(0, +)) points that fool the one and not the "
      + "other, over \(refuted.count) rows; their images were searched again in float32"
  }

  var text: String {
    var table = TextTable(
      ["network", "attack", "norm", "ε", "accuracy", "95 % interval", "on the grid", "images"], words: 4)
    for row in rows {
      table.add([
        JudgedNetwork.title(row.network, task: row.task), row.attack, row.norm?.symbol ?? "",
        row.epsilon?.text ?? "", Numbers.percent(row.accuracy),
        "\(Numbers.fixed(100 * row.interval.low, 1))–\(Numbers.fixed(100 * row.interval.high, 1))",
        row.onGrid.map { Numbers.percent($0.rate) } ?? "", "\(row.counts.n)",
      ])
    }
    return table.text + disagreement
      + (files.isEmpty ? "" : "\n\n\(files.count - 1) images written; look through them in index.html")
  }
}
