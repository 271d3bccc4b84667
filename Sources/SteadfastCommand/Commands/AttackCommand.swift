import ArgumentParser
import Foundation
import Steadfast

struct AttackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attack",
    abstract: "Attack trained networks, and print accuracy with its 95 % interval.",
    discussion: """
      Every network of a run (one a task) is attacked on the test images of its classes. Sizes are in pixels on [0, 1]; \
      an image counts as correct when it is right clean and under the attack. Intervals are Wilson's.

      Examples:
        steadfast attack runs/demo --attack fgsm --eps 2/255,8/255
        steadfast attack weights.safetensors --network net.yaml --data images --norm l2 --eps 0.5 --steps 40
      """)

  @OptionGroup var subject: SubjectOptions
  @OptionGroup var attack: AttackOptions

  @Option(name: .customLong("save-images"), help: ArgumentHelp("Write adversarial images here.", valueName: "folder"))
  var saveImages: String?

  @Option(name: .customLong("save-count"), help: "How many images of each network to write.")
  var saveCount = 10

  @Option(help: "Decides random starting points.") var seed: UInt64 = 0

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
    var findings = AttackFindings(seed: seed)
    for (number, network) in material.networks.enumerated() {
      let subject = network.subject
      let images = try TestImages(source, for: subject, number: number, limit: self.subject.images)
      let kept = saveImages == nil ? [] : images.places(saveCount)
      let plan = EvaluationPlan(
        attacks: attack.attacks(beside: material.attacks).map(\.planned), batchSize: material.batchSize, kept: Set(kept)
      )
      let stream = RandomStream(seed: seed).stream("attack").stream(number)
      let outcome = try Evaluation(subject.network, plan, stream: stream).run(
        labels: images.labels, indices: images.indices, pixels: images.pixels,
        progress: { console.progress("attack \(network.title)", done: $0, of: images.labels.count, unit: "images") },
        isCancelled: { interruption.isRaised })
      findings.add(outcome, of: network)
      if let saveImages {
        let writer = try AdversarialImages(folder: InputFiles.url(saveImages), depth: images.depth)
        findings.files += try writer.write(outcome.kept, network: "\(number + 1)")
      }
    }
    return findings
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
  }

  let schema = "steadfast.attack/1"
  let seed: UInt64
  var rows: [Row] = []
  var files: [String] = []

  init(seed: UInt64) { self.seed = seed }

  mutating func add(_ outcome: EvaluationOutcome, of network: JudgedNetwork) {
    func add(_ attack: String, _ ball: PerturbationBall?, _ tally: Tally) {
      rows.append(
        Row(
          network: network.name, task: network.task, attack: attack, norm: ball?.norm, epsilon: ball?.epsilon,
          accuracy: tally.rate, interval: tally.interval, counts: tally))
    }
    add("clean", nil, outcome.clean)
    for attack in outcome.attacks { add(attack.attack, attack.ball, attack.tally) }
  }

  var text: String {
    var table = TextTable(["network", "attack", "norm", "ε", "accuracy", "95 % interval", "images"], words: 4)
    for row in rows {
      table.add([
        JudgedNetwork.title(row.network, task: row.task), row.attack, row.norm?.symbol ?? "",
        row.epsilon?.text ?? "", Numbers.percent(row.accuracy),
        "\(Numbers.fixed(100 * row.interval.low, 1))–\(Numbers.fixed(100 * row.interval.high, 1))", "\(row.counts.n)",
      ])
    }
    return table.text + (files.isEmpty ? "" : "\n\n\(files.count) images written")
  }
}
