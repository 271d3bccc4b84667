import Foundation
import Steadfast

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

    /// - Parameter holds: whether each image is certified.
    init(_ epsilon: Rational, _ holds: [Bool]) {
      self.epsilon = epsilon
      counts = Tally(holds)
      accuracy = counts.rate
      interval = counts.interval
    }

    /// In words, behind what it is called.
    func text(_ name: String) -> String {
      "\(name) at L2 \(epsilon.text): \(Numbers.percent(accuracy)) "
        + "(\(Numbers.fixed(100 * interval.low, 1))–\(Numbers.fixed(100 * interval.high, 1)), \(counts.n) images)"
    }
  }

  /// What randomized smoothing certifies: of the network under noise, and of each image with probability 1 − α only.
  struct Smoothed: Encodable, Sendable {
    let settings: String
    let seed: UInt64
    let soundness = SmoothedCertificates.soundness
    let abstentions: Int
    let certified: [Certified]
    let samples: [SmoothedCertificate]

    init(_ found: SmoothedCertificates, seed: UInt64, at sizes: [Rational]) {
      settings = found.settings
      self.seed = seed
      abstentions = found.abstentions
      samples = found.samples
      certified = sizes.map { size in Certified(size, found.samples.map { $0.certifies(size, norm: .l2) }) }
    }

    private enum CodingKeys: CodingKey { case settings, seed, soundness, abstentions, certified, samples }
  }

  /// What bounds on the ball around each image prove, of images in [0, 1].
  struct Local: Encodable, Sendable {
    struct Image: Encodable, Sendable {
      /// By the bound of the whole network; nil of an image that is misclassified.
      let globalL2: Double?
      let radiusL2: Double?
      let methodL2: String?
      let radiusLinf: Double?
      let methodLinf: String?
    }

    let basis: String
    let images: [Image]

    init(_ found: LocalCertificates) {
      basis = found.basis.rawValue
      images = found.samples.map { sample in
        Image(
          globalL2: sample.global.radiusL2, radiusL2: sample.l2?.value, methodL2: sample.l2?.method.rawValue,
          radiusLinf: sample.linf?.value, methodLinf: sample.linf?.method.rawValue)
      }
    }
  }

  /// Of a perceptron as a whole.
  struct Perceptron: Encodable, Sendable {
    let upper: Double
    let method: String
    /// By method.
    let uppers: [String: Double]
    let lower: Double?
    let seconds: Double

    init(_ bound: PerceptronBound) {
      upper = bound.upper
      method = bound.method.rawValue
      uppers = Dictionary(uniqueKeysWithValues: bound.uppers.map { ($0.key.rawValue, $0.value) })
      lower = bound.lower
      seconds = bound.seconds
    }
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
    let perceptron: Perceptron?
    var ledger: LipschitzLedger?
    var adapter: TaskLedger?
    var local: Local?
    var smoothed: Smoothed?

    init(_ network: JudgedNetwork, _ bound: NetworkBound) {
      name = network.name
      task = network.task
      upper = bound.upper
      blocks = bound.blocks.map { Part(name: $0.name, upper: $0.upper, lower: nil, detail: nil) }
      layers = bound.layers.map { Part(name: $0.name, upper: $0.upper, lower: $0.lower, detail: $0.detail) }
      seconds = bound.seconds
      perceptron = bound.perceptron.map(Perceptron.init)
    }

    mutating func certify(_ certificates: Certificates, at sizes: [Rational]) {
      basis = certificates.basis.rawValue
      certified = sizes.map { size in Certified(size, certificates.samples.map { $0.certifies(size, norm: .l2) }) }
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
    let certified = network.certified.map { $0.text("certified") }
    let basis = network.basis.map { "certificates of: \($0)" }
    let parts = [
      basis, network.bracket.map(text), network.perceptron.map(text), network.local.map(text),
      network.smoothed.map(text),
      network.ledger.map { "\n" + LedgerTable($0).text }, network.adapter.map { "\n" + LedgerTable([$0]).text },
    ]
    return ([table.text] + certified + parts.compactMap(\.self)).joined(separator: "\n")
  }

  private func text(_ perceptron: Perceptron) -> String {
    "as a whole: at most \(Numbers.significant(perceptron.upper)) (\(perceptron.method)), at least "
      + "\(Numbers.significant(perceptron.lower)), in \(Numbers.fixed(perceptron.seconds, 2)) s"
  }

  private func text(_ local: Local) -> String {
    func median(_ radii: [Double?]) -> String { Numbers.significant(radii.map { $0 ?? 0 }.upperMedian) }
    return "\(local.images.count) images bounded on their own balls in [0, 1]: median radius L2 "
      + "\(median(local.images.map(\.radiusL2))) (by the network's bound \(median(local.images.map(\.globalL2)))), L∞ "
      + median(local.images.map(\.radiusLinf))
  }

  private func text(_ smoothed: Smoothed) -> String {
    let rates = smoothed.certified.map { $0.text("certified by smoothing, probabilistic,") }
    let head =
      "\(smoothed.settings), seed \(smoothed.seed): probabilistic, and of the network under noise; "
      + "\(smoothed.abstentions) images abstained"
    return ([head] + rates).joined(separator: "\n")
  }

  private func text(_ bracket: BracketRecord) -> String {
    let (certified, distances) = (
      bracket.certifiedRadius.count { $0 != nil }, bracket.attackDistance.compactMap(\.self)
    )
    return "\(bracket.certifiedRadius.count) images bracketed: median certified radius "
      + "\(Numbers.significant(bracket.medianRadius)) (\(certified) have one), median distance of the nearest attack "
      + "\(Numbers.significant(distances.median)) (\(distances.count)), \(bracket.violations.count) violations"
  }
}
