import ArgumentParser
import Foundation
import Steadfast

struct LipschitzCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lipschitz",
    abstract: "Bound how fast trained networks can change, per layer, block and network.",
    discussion: """
      Upper bounds are rigorous, in L2 from pixels on [0, 1] to logits. With images (a run has its own) the network's \
      constant is also bounded from below, accuracy certified at a list of radii, and some images bracketed: their \
      certified radius lies below, the nearest adversarial found above their true distance.

      Examples:
        steadfast lipschitz runs/demo
        steadfast lipschitz runs/demo --ledger --certificate demo.json
        steadfast lipschitz runs/demo --local 20
        steadfast lipschitz runs/demo --smoothing 0.25 --samples 10000 --seed 1
        steadfast lipschitz weights.safetensors --network net.yaml --data images --eps 0.05,0.1
      """)

  @OptionGroup var subject: SubjectOptions

  @Option(
    name: .customLong("eps"),
    help: ArgumentHelp(
      "L2 radii in pixels on [0, 1]; at 0 stands accuracy. (default: 0.1,0.25,0.5)", valueName: "list"),
    transform: SizeList.radii)
  var sizes: SizeList?

  @Option(name: .customLong("lower-images"), help: "Images at which the lower bound is looked for.")
  var lowerImages = 32

  @Option(help: "Images of each network whose nearest adversarial is searched for; 0 means none.") var brackets = 10

  @Flag(help: "List every layer, not only blocks.") var layers = false

  @Flag(help: "Say what each layer, block and adapter multiplies the bound by.") var ledger = false

  @Option(
    name: .customLong("local"),
    help: ArgumentHelp(
      "Images of each network whose radii are also searched by bounds on the ball around each; 0 means none. Their "
        + "brackets take the larger radius. A run's evaluation.certification.throughoutLimit holds."))
  var localImages = 0

  @Flag(
    help: """
      Bound perceptrons as a whole, more tightly than by the product of their layers, and each of up to 1000 pairs of \
      classes.
      """)
  var tight = false

  @Option(help: ArgumentHelp("Write what is claimed to a file that steadfast verify checks.", valueName: "file"))
  var certificate: String?

  @OptionGroup var smoothing: SmoothingOptions

  @Option(help: "Seed of the noise of --smoothing.") var seed: UInt64 = 0

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard brackets >= 0 else { throw ValidationError("--brackets must be at least 0") }
    guard lowerImages >= 1 else { throw ValidationError("--lower-images must be at least 1") }
    guard localImages >= 0 else { throw ValidationError("--local must be at least 0") }
    guard !tight || certificate == nil else {
      throw ValidationError("--certificate proves products of layers: leave --tight out")
    }
  }

  func run() async throws {
    try await output.perform { console in
      try await TorchActor.run { try boundAll(console) }
    }
  }

  @TorchActor
  private func boundAll(_ console: Console) throws -> LipschitzFindings {
    let material = try subject.load(console)
    guard material.images != nil || smoothing.sigma == nil else {
      throw CommandError(.usage, "--smoothing needs images: name them with --data")
    }
    var findings = LipschitzFindings(showsLayers: layers)
    var claims = try certificate.map(NetworkCertificates.init)
    for (number, network) in material.networks.enumerated() {
      let subject = network.subject
      let bound = try subject.network.lipschitzBound(powerIterations: 20, tightening: tight ? .init() : nil)
      var entry = LipschitzFindings.Network(network, bound)
      if ledger {
        entry.ledger = LipschitzLedger(bound)
        entry.adapter = try subject.trained.map {
          try TaskLedger(task: network.title, $0, certified: subject.issued)
        }
      }
      var (certified, basis) = (TestImages?.none, CertificateBasis?.none)
      if let source = material.images {
        let images = try TestImages(source, for: subject, number: number, limit: self.subject.images)
        let stream = RandomStream(seed: 0).stream("lipschitz").stream(number)
        entry.lower = try lipschitzLowerBound(
          of: subject.network, pixels: images.pixels(images.places(lowerImages)), bound: bound, stream: stream
        ).value
        let certificates = try certifyStrongest(
          subject.network, bound: bound, labels: images.labels, batchSize: material.batchSize, pixels: images.pixels)
        entry.certify(certificates, at: (sizes ?? SizeList.customary(.l2)).values)
        let chosen = ChosenImages(local: localImages, brackets: brackets, of: images)
        let local = try local(network, bound, images, chosen.local, material, console)
        entry.local = local.map(LipschitzFindings.Local.init)
        entry.bracket = try bracket(
          network, certificates, local, images, chosen, batchSize: material.batchSize)
        entry.smoothed = try smooth(network, images, console, batchSize: material.batchSize, number: number)
        (certified, basis) = (images, certificates.basis)
      }
      try claims?.add(network, bound: bound, images: certified, basis: basis, batchSize: material.batchSize)
      findings.networks.append(entry)
      console.progress("bound", done: number + 1, of: material.networks.count, unit: "networks")
    }
    try claims?.write()
    return findings
  }

  /// Some images, certified by bounds on the ball around each, as the run asks for them.
  @TorchActor
  private func local(
    _ network: JudgedNetwork, _ bound: NetworkBound, _ images: TestImages, _ places: [Int],
    _ material: SubjectOptions.Material, _ console: Console
  ) throws -> LocalCertificates? {
    guard !places.isEmpty else { return nil }
    let found = try network.subject.network.localCertificates(
      bound, labels: places.map { images.labels[$0] }, material.evaluation?.certification ?? .init(),
      batchSize: material.batchSize, pixels: { try images.pixels(places[$0]) })
    switch found {
    case .success(let certificates): return certificates
    case .failure(let error):
      console.note("\(network.title): \(error)")
      return nil
    }
  }

  /// Some images, certified by smoothing.
  @TorchActor
  private func smooth(
    _ network: JudgedNetwork, _ images: TestImages, _ console: Console, batchSize: Int, number: Int
  ) throws -> LipschitzFindings.Smoothed? {
    guard let settings = smoothing.settings else { return nil }
    let places = images.places(settings.images)
    let found = try settings.smoothing(batchSize: batchSize).certify(
      network.subject.network, labels: places.map { images.labels[$0] }, indices: places.map { images.indices[$0] },
      stream: RandomizedSmoothing.stream(seed: seed, network: number),
      pixels: { try images.pixels(places[$0]) },
      progress: { console.progress("smooth \(network.title)", done: $0, of: places.count, unit: "images") })
    return LipschitzFindings.Smoothed(
      found, seed: seed, at: (sizes ?? SizeList.customary(.l2)).values)
  }

  /// Some images between their certified radius, the larger where there are two, and the nearest adversarial that a
  /// search finds.
  @TorchActor
  private func bracket(
    _ network: JudgedNetwork, _ certificates: Certificates, _ local: LocalCertificates?, _ images: TestImages,
    _ chosen: ChosenImages, batchSize: Int
  ) throws -> BracketRecord? {
    let places = chosen.brackets
    guard !places.isEmpty else { return nil }
    let own = Dictionary(uniqueKeysWithValues: zip(chosen.local, local?.radiiL2 ?? []))
    let radii = places.map { place in
      let global = certificates.samples[place].radiusL2
      return max(global ?? -1, own[place].flatMap(\.self) ?? -1)
    }
    return try BracketRecord(
      task: network.name, of: network.subject.network, labels: places.map { images.labels[$0] },
      radii: radii.map { $0 < 0 ? nil : $0 }, images: places.map(images.path),
      soundness: Self.soundness(certificates.basis, local?.basis), batchSize: batchSize
    ) { try images.pixels(places[$0]) }
  }

  /// What radii hold for, of which some may be bounds on balls in [0, 1].
  private static func soundness(_ global: CertificateBasis, _ local: CertificateBasis?) -> String {
    guard let local else { return global.rawValue }
    return (local == global ? local : .realArithmetic).rawValue + ", images in [0, 1]"
  }
}

/// Images that are looked at more closely: of both kinds the fewer are among the more.
private struct ChosenImages {
  let local: [Int]
  let brackets: [Int]

  init(local: Int, brackets: Int, of images: TestImages) {
    let more = images.places(max(local, brackets))
    func some(_ count: Int) -> [Int] { evenlySpread(count, over: more.count).map { more[$0] } }
    self.local = some(local)
    self.brackets = some(brackets)
  }
}
