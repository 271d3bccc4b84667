import ArgumentParser
import Foundation
import Steadfast

struct BenchAttacks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attacks",
    abstract: "Measure attacks: seconds with the clean pass and the verdict, and how many images fall.",
    discussion: """
      One batch of images is attacked over and over; the fastest round counts, after one to warm up. Without weights the \
      network is a ResNet-20 of width 16 of fresh weights, on 128 random 3×32×32 images that it is right about. \
      Tools/peers/attacks.py runs this beside other libraries, on the same weights and images.

      Examples:
        steadfast bench attacks
        steadfast bench attacks --attack pgd --eps 1/255,2/255,4/255,8/255 --envelope
        steadfast bench attacks --weights net.safetensors --network net.yaml --images batch.safetensors --json
      """)

  @Option(help: ArgumentHelp("A safetensors file of weights.", valueName: "file")) var weights: String?

  @Option(help: ArgumentHelp("A configuration that says what network the weights are of.", valueName: "config.yaml"))
  var network: String?

  @Option(
    help: ArgumentHelp(
      "A safetensors file with images (fp32, N×C×H×W in [0, 1]) and labels (int64, N). Needed with --weights.",
      valueName: "file"))
  var images: String?

  @OptionGroup var attack: AttackOptions
  @OptionGroup var precision: SearchPrecisionOption

  @Option(help: "Images attacked together. (default: all)") var batchSize: Int?

  @Option(name: .customLong("repeat"), help: "Rounds of which the fastest counts.") var rounds = 3

  @Option(help: "Threads. (default: one per core)") var threads: Int?

  @Option(help: "Decides random starting points.") var seed: UInt64 = 0

  @OptionGroup var place: DeviceOption

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (weights == nil) == (images == nil) else { throw ValidationError("--weights and --images go together") }
    guard (1...1000).contains(rounds) else { throw ValidationError("--repeat must be 1 to 1000") }
    guard (1...65536).contains(batchSize ?? 1) else { throw ValidationError("--batch-size must be 1 to 65536") }
    guard (1...1024).contains(threads ?? 1) else { throw ValidationError("--threads must be 1 to 1024") }
  }

  func run() async throws {
    try await output.perform { console in try await TorchActor.run { try measure(console) } }
  }

  @TorchActor
  private func measure(_ console: Console) throws -> AttackBenchFindings {
    try Torch.setThreads(threads ?? 0)
    let device = try (place.device ?? .cpu).device()
    let (network, pixels, labels) = try subject(on: device)
    let attacks = attack.attacks(beside: [])
    var findings = AttackBenchFindings(threads: Torch.threads, device: device, images: labels.count)
    for (index, attack) in attacks.enumerated() {
      console.progress("bench \(attack.name.rawValue)", done: index, of: attacks.count, unit: "attacks")
      let planned = attack.planned(searching: precision.precision)
      let evaluation = Evaluation(
        network, EvaluationPlan(attacks: [planned], batchSize: batchSize ?? labels.count),
        stream: RandomStream(seed: seed))
      let clock = ContinuousClock()
      var (best, fooled, refuted) = (Double.infinity, [Int](), [Int?]())
      for round in 0...rounds {
        let start = clock.now
        let outcome = try evaluation.run(
          labels: labels, indices: Array(labels.indices),
          pixels: { try pixels.narrowed(0, from: $0.lowerBound, count: $0.count) })
        if round > 0 { best = min(best, (clock.now - start) / .seconds(1)) }
        fooled = outcome.attacks.map { attack in zip(outcome.cleanCorrect, attack.correct).count { $0 && !$1 } }
        refuted = outcome.attacks.map(\.refuted)
      }
      findings.rows.append(
        .init(
          attack: attack.name, norm: attack.norm, epsilons: attack.epsilons, form: attack.form,
          settings: planned.attack.settings(classes: network.classCount), seconds: best,
          rate: Double(labels.count) / best, fooled: fooled,
          refuted: precision.isReduced ? refuted.map { $0 ?? 0 } : nil))
    }
    findings.peakMemory = PeakMemory.bytes() ?? 0
    return findings
  }

  @TorchActor
  private func subject(on device: Device) throws -> (DeployedNetwork, pixels: Tensor, labels: [Int]) {
    guard let weights, let images else {
      let sample = try BenchSample(on: device)
      let network = try sample.network.deployed()
      return (network, sample.pixels, try network.logits(sample.pixels).argmax(1).integers())
    }
    let path = try InputFiles.existing(images)
    let file = try SafetensorsFile(contentsOf: path)
    guard let pixels = file.tensors["images"], let labels = file.tensors["labels"] else {
      throw CommandError(.badInput, "\(images): must hold the tensors images and labels")
    }
    let subjects = try Subjects.load(
      InputFiles.existing(weights), networkConfiguration: network.map(InputFiles.configurationFile),
      inputShape: Array(pixels.shape.dropFirst()))
    let network = try subjects[0].deployed(on: device).network
    return try (network, Tensor(pixels).channelsLast().to(device), Tensor(labels).integers())
  }
}

/// What `bench attacks` measured.
struct AttackBenchFindings: CommandResult {
  struct Row: Encodable, Sendable {
    let attack: AttackKind
    let norm: PerturbationNorm
    let epsilons: [Rational]
    let form: CurveRecord.Form
    let settings: String
    /// Of the fastest round, all ε together.
    let seconds: Double
    /// Images a second, all ε together.
    let rate: Double
    /// Images right clean and wrong under the attack, for each ε.
    let fooled: [Int]
    /// Of those that fall to the search in bfloat16 the images that the network in fp32 gets right, for each ε; they
    /// were searched again. Nil of a search in fp32.
    let refuted: [Int]?
  }

  let schema = "steadfast.bench-attacks/1"
  let libtorch = Torch.version
  let cpuCapability = Torch.cpuCapability
  let threads: Int
  let device: String
  let images: Int
  var rows: [Row] = []
  /// Largest resident size of this process so far, in bytes.
  var peakMemory = 0

  init(threads: Int, device: Device, images: Int) {
    self.threads = threads
    self.device = "\(device)"
    self.images = images
  }

  var text: String {
    var table = TextTable(["attack", "norm", "ε", "form", "seconds", "images/s", "fooled", "refuted"], words: 4)
    for row in rows {
      table.add([
        row.attack.rawValue, row.norm.symbol, row.epsilons.map(\.text).joined(separator: " "), row.form.rawValue,
        Numbers.fixed(row.seconds, 3), Numbers.fixed(row.rate, row.rate < 10 ? 2 : 0),
        row.fooled.map(String.init).joined(separator: " "),
        row.refuted?.map(String.init).joined(separator: " ") ?? "",
      ])
    }
    return """
      \(table.text)
      \(images) images; libtorch \(libtorch), \(cpuCapability), \(threads) threads, \(device), \
      peak memory \(Numbers.mebibytes(peakMemory))
      """
  }
}
