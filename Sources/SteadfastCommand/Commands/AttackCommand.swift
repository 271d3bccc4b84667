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
      each adversarial rounded to whole levels inside its ball, as a PNG holds it, and scored again. Turned, shifted and \
      degraded images (none/0: as they are) have rows of their own, without a ball.

      Attacks:
      \(AttackKind.allCases.map { "  \($0.rawValue): \($0.summary) (\($0.norms.map(\.rawValue).joined(separator: ", ")))" }
        .joined(separator: "\n"))

      Built with MPI, 'mpirun -n 4 steadfast attack …' divides the batches among four processes; what is found does not \
      depend on how many there are, at as many threads each.

      Examples:
        steadfast attack runs/demo --attack fgsm --eps 2/255,8/255
        steadfast attack weights.safetensors --network net.yaml --data images --norm l2 --eps 0.5 --attack pgd --steps 40
        steadfast attack runs/demo --turns 30 --shifts 3 --corruptions 100 --severities 3 --corruption-kinds fog,snow
      """)

  @OptionGroup var subject: SubjectOptions
  @OptionGroup var attack: AttackOptions
  @OptionGroup var precision: SearchPrecisionOption

  @OptionGroup var spatial: SpatialOptions

  @OptionGroup var corruptions: CorruptionOptions

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

  @OptionGroup var place: DeviceOption

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard saveCount >= 0 else { throw ValidationError("--save-count must be at least 0") }
  }

  func run() async throws {
    try await output.performOnRanks { console, ranks in
      let interruption = SignalTrap.install(on: ranks)
      return try await TorchActor.run { try attackAll(console, interruption, ranks) }
    }
  }

  @TorchActor
  private func attackAll(
    _ console: Console, _ interruption: Interruption, _ ranks: Communicator
  ) throws -> AttackFindings {
    let material = try subject.load(console, sharingCoresWith: ranks.neighbours) { own in
      try (place.device ?? own ?? .cpu).device(place: ranks.place)
    }
    guard let source = material.images else {
      throw CommandError(.usage, "weights alone cannot be attacked: name images with --data")
    }
    var findings = AttackFindings(seed: seed)
    // Files are rank 0's.
    var gallery = try (ranks.isFirst ? saveImages : nil).map { try AdversarialImages(folder: InputFiles.url($0)) }
    let attacks = attack.attacks(beside: material.evaluation?.attacks ?? []).map {
      $0.planned(searching: precision.precision)
    }
    let sets = try material.networks.enumerated().map { number, network in
      try TestImages(source, for: network.subject, number: number, limit: self.subject.images)
    }
    let journal = try (ranks.isFirst ? journal : nil).map {
      try EvaluationJournal(InputFiles.url($0), identity: identity(material, sets, attacks))
    }
    for (number, (network, images)) in zip(material.networks, sets).enumerated() {
      let kept = saveImages == nil ? [] : images.places(saveCount)
      let plan = EvaluationPlan(
        attacks: attacks, batchSize: material.batchSize, kept: Set(kept),
        grid: PixelGrid(images.depth))
      let stream = RandomStream(seed: seed).stream("attack").stream(number)
      let count = images.labels.count
      var done = 0
      func tell(_ stage: String, _ finished: Int) {
        done = finished
        console.progress("\(stage) \(network.title)", done: done, of: count, unit: "images")
      }
      func stopIfAsked() throws {
        guard interruption.isRaised else { return }
        throw CommandError(.interrupted, "stopped after \(done) of \(count) images")
      }
      let outcome = try Evaluation(network.subject.network, plan, stream: stream).run(
        labels: images.labels, indices: images.indices, pixels: images.pixels,
        progress: { tell("attack", $0) }, stopIfAsked: stopIfAsked, journal: journal?.part(of: "\(number + 1)"),
        over: ranks)
      findings.add(outcome, of: network, listingImages: outcomes)
      if let spatial = spatial.spatial(beside: material.evaluation?.spatial)?.attack {
        done = 0
        let moved = try spatial.evaluate(
          network.subject.network, labels: images.labels, indices: images.indices, batchSize: material.batchSize,
          stream: stream, pixels: images.pixels, progress: { tell("turn and shift", $0) }, stopIfAsked: stopIfAsked,
          over: ranks)
        findings.add(spatial, moved, of: network)
      }
      if let corruptions = corruptions.corruptions(beside: material.evaluation?.corruptions) {
        let corrupted = CorruptedImages(
          settings: corruptions, batchSize: material.batchSize, stream: stream.stream("corruptions"),
          stopIfAsked: { if interruption.isRaised { throw CommandError(.interrupted, "stopped among corruptions") } })
        findings.add(
          try corrupted.records(
            network.subject.network, images.taskImages, task: network.name, over: ranks,
            progress: { console.progress("degrade \(network.title)", done: $0, of: $1, unit: "corruptions") }),
          of: network)
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
      "networks": TensorDigest.digest(
        try material.networks.map { try $0.subject.network.digest() }.joined(separator: " ")),
      "images": TensorDigest.digest(try images.map { try $0.digest() }.joined(separator: " ")),
      "attacks": attacks.map { planned in
        let sizes = planned.epsilons.map(\.text).joined(separator: ",")
        let settings = material.networks.map { planned.attack.settings(classes: $0.subject.network.classCount) }
        return "\(planned.attack.name) \(settings) \(planned.norm) \(sizes) \(planned.form)"
      }.joined(separator: "; "),
      "seed": "\(seed)", "batch size": "\(material.batchSize)", "threads": "\(Torch.threads)",
      "steadfast": Environment.version, "libtorch": Torch.version, "processor": Torch.cpuCapability,
      "device": material.networks.first.map { "\($0.subject.network.headWeight.device)" } ?? "",
    ]
  }
}
