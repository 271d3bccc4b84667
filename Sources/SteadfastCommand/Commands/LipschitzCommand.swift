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
        steadfast lipschitz weights.safetensors --network net.yaml --data images --eps 0.05,0.1
      """)

  @OptionGroup var subject: SubjectOptions

  @Option(
    name: .customLong("eps"),
    help: ArgumentHelp("L2 radii in pixels on [0, 1]. (default: 0.1,0.25,0.5)", valueName: "list"),
    transform: SizeList.init)
  var sizes: SizeList?

  @Option(name: .customLong("lower-images"), help: "Images at which the lower bound is looked for.")
  var lowerImages = 32

  @Option(help: "Images of each network whose nearest adversarial is searched for; 0 means none.") var brackets = 10

  @Flag(help: "List every layer, not only blocks.") var layers = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard brackets >= 0 else { throw ValidationError("--brackets must be at least 0") }
  }

  func run() async throws {
    try await output.perform { console in
      try await TorchActor.run { try boundAll(console) }
    }
  }

  @TorchActor
  private func boundAll(_ console: Console) throws -> LipschitzFindings {
    let material = try subject.load(console)
    var findings = LipschitzFindings(showsLayers: layers)
    for (number, network) in material.networks.enumerated() {
      let subject = network.subject
      let bound = try subject.network.lipschitzBound(powerIterations: 20)
      var entry = LipschitzFindings.Network(network, bound)
      if let source = material.images {
        let images = try TestImages(source, for: subject, number: number, limit: self.subject.images)
        let stream = RandomStream(seed: 0).stream("lipschitz").stream(number)
        entry.lower = try lipschitzLowerBound(
          of: subject.network, pixels: images.pixels(images.places(max(1, lowerImages))), stream: stream
        ).value
        let certificates = try certifyStrongest(
          subject.network, bound: bound, labels: images.labels, batchSize: material.batchSize, pixels: images.pixels)
        entry.certify(certificates, at: (sizes ?? SizeList.customary(.l2)).values)
        entry.bracket = try bracket(network, certificates, images, batchSize: material.batchSize)
      }
      findings.networks.append(entry)
      console.progress("bound", done: number + 1, of: material.networks.count, unit: "networks")
    }
    return findings
  }

  /// Some images between their certified radius and the nearest adversarial that a search finds.
  @TorchActor
  private func bracket(
    _ network: JudgedNetwork, _ certificates: Certificates, _ images: TestImages, batchSize: Int
  ) throws -> BracketRecord? {
    let places = images.places(brackets)
    guard !places.isEmpty else { return nil }
    return try BracketRecord(
      task: network.name, of: network.subject.network, labels: places.map { images.labels[$0] },
      radii: places.map { certificates.samples[$0].radiusL2 }, images: places.map(images.path),
      soundness: certificates.basis.rawValue, batchSize: batchSize
    ) { try images.pixels(places[$0]) }
  }
}

/// Bounds and certificates of networks.
struct LipschitzFindings: CommandResult {
  struct Part: Encodable, Sendable {
    let name: String
    let upper: Double
    let lower: Double?
    let detail: String?
  }

  struct Certified: Encodable, Sendable {
    let epsilon: Rational
    let accuracy: Double?
    let interval: Interval
    let counts: Tally
  }

  struct Network: Encodable, Sendable {
    let name: String
    /// Of the run, from 1; nil of a network of no run.
    let task: Int?
    let upper: Double
    var lower: Double?
    let blocks: [Part]
    let layers: [Part]
    let seconds: Double
    var certified: [Certified] = []
    /// What the certificates are a statement about.
    var basis: String?
    var bracket: BracketRecord?

    init(_ network: JudgedNetwork, _ bound: NetworkBound) {
      name = network.name
      task = network.task
      upper = bound.upper
      blocks = bound.blocks.map { Part(name: $0.name, upper: $0.upper, lower: nil, detail: nil) }
      layers = bound.layers.map { Part(name: $0.name, upper: $0.upper, lower: $0.lower, detail: $0.detail) }
      seconds = bound.seconds
    }

    mutating func certify(_ certificates: Certificates, at sizes: [Rational]) {
      basis = certificates.basis.rawValue
      certified = sizes.map { size in
        let tally = Tally(certificates.samples.map { $0.certifies(size, norm: .l2) })
        return Certified(epsilon: size, accuracy: tally.rate, interval: tally.interval, counts: tally)
      }
    }
  }

  let schema = "steadfast.lipschitz/1"
  var networks: [Network] = []
  private let showsLayers: Bool

  private enum CodingKeys: CodingKey { case schema, networks }

  init(showsLayers: Bool) { self.showsLayers = showsLayers }

  var text: String { networks.map(text).joined(separator: "\n\n") }

  /// A radius above an attack's distance refutes its certificate.
  var failures: [String] { networks.compactMap { $0.bracket?.refutation } }

  private func text(_ network: Network) -> String {
    var table = TextTable([JudgedNetwork.title(network.name, task: network.task), "L2 upper", "L2 lower"])
    for part in showsLayers ? network.layers : network.blocks {
      table.add([part.name, Numbers.significant(part.upper), Numbers.significant(part.lower)])
    }
    table.add(["network", Numbers.significant(network.upper), Numbers.significant(network.lower)])
    let certified = network.certified.map {
      "certified at L2 \($0.epsilon.text): \(Numbers.percent($0.accuracy)) "
        + "(\(Numbers.fixed(100 * $0.interval.low, 1))–\(Numbers.fixed(100 * $0.interval.high, 1)), \($0.counts.n) images)"
    }
    let basis = network.basis.map { "certificates of: \($0)" }
    let lines = [table.text] + certified + [basis, network.bracket.map(text)].compactMap(\.self)
    return lines.joined(separator: "\n")
  }

  private func text(_ bracket: BracketRecord) -> String {
    let (radii, distances) = (bracket.certifiedRadius.compactMap(\.self), bracket.attackDistance.compactMap(\.self))
    return "\(bracket.certifiedRadius.count) images bracketed: median certified radius "
      + "\(Numbers.significant(Numbers.median(radii))) (\(radii.count)), median distance of the nearest attack "
      + "\(Numbers.significant(Numbers.median(distances))) (\(distances.count)), \(bracket.violations.count) violations"
  }
}
