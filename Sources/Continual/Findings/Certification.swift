import Distributed
import ImageData
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

/// Certificates of test images by the bounds that a run asks for.
struct Certification {
  let settings: Configuration.Certification
  let batchSize: Int
  /// Told what keeps a network from bounds on balls.
  let note: (String) -> Void
  /// Asked before every batch.
  let stopIfAsked: () throws -> Void

  /// The strongest certificates that there are: by the network's bound, and where the run asks for it by the better of
  /// that and of bounds on the ball around each image.
  /// - Parameters:
  ///   - bound: of this very network.
  ///   - norms: in which to look for radii on balls; in others the network's bound stands.
  ///   - ranks: take some batches at a time; all of them get all certificates.
  ///   - pixels: of the images at these places of `labels`.
  func certificates(
    _ network: DeployedNetwork, bound: NetworkBound, labels: [Int], norms: Set<PerturbationNorm>,
    over ranks: Communicator = .single, pixels: (Range<Int>) throws -> Tensor
  ) throws -> ImageCertificates {
    func images(_ places: Range<Int>, of part: Range<Int>) throws -> Tensor {
      try stopIfAsked()
      return try pixels(part.lowerBound + places.lowerBound..<part.lowerBound + places.upperBound)
    }
    var refusal: String?
    if settings.local {
      let size = min(batchSize, DeployedNetwork.ballBatchSize)
      let found = try share(labels.indices, over: ranks, size * Self.sharedBallBatches) { part in
        try OnBalls(
          network.localCertificates(
            bound, labels: Array(labels[part]), settings, norms: norms, batchSize: size,
            pixels: { places in try images(places, of: part) }))
      }
      switch OnBalls(joining: found) {
      case .certified(let certificates): return ImageCertificates(certificates: certificates, isLocal: true)
      case .refused(let reason):
        refusal = reason
        note("certified by the network's bound alone: \(reason)")
      }
    }
    let found = try share(labels.indices, over: ranks, batchSize) { part in
      LocalCertificates(
        try certifyStrongest(
          network, bound: bound, labels: Array(labels[part]), batchSize: batchSize,
          pixels: { places in try images(places, of: part) }))
    }
    return ImageCertificates(certificates: LocalCertificates(joining: found), isLocal: false, refusal: refusal)
  }

  /// Batches that several ranks hand out together: preparing a network for balls costs, too.
  private static let sharedBallBatches = 4

  /// What comes of the images part by part: one rank has one part, so as to prepare a network once.
  /// - Parameter size: of what several ranks hand out: whole batches, so that where these begin does not depend on how
  ///   many ranks there are.
  private func share<Found: Codable>(
    _ places: Range<Int>, over ranks: Communicator, _ size: Int, work: (Range<Int>) throws -> Found
  ) throws -> [Found] {
    let parts = ranks.size == 1 || places.isEmpty ? [places] : places.batches(of: size)
    return try ranks.queue(count: parts.count) { number in try work(parts[number]) }
  }
}

/// What bounds on balls say of some images.
private enum OnBalls: Codable {
  case certified(LocalCertificates)
  /// Why there are none; that depends on the network alone.
  case refused(String)

  init(_ found: Result<LocalCertificates, LipschitzError>) {
    switch found {
    case .success(let certificates): self = .certified(certificates)
    case .failure(let error): self = .refused("\(error)")
    }
  }

  /// Of one network's batches, in order.
  /// - Parameter parts: at least one.
  init(joining parts: [OnBalls]) {
    var certificates: [LocalCertificates] = []
    for part in parts {
      guard case .certified(let found) = part else {
        self = part
        return
      }
      certificates.append(found)
    }
    self = .certified(LocalCertificates(joining: certificates))
  }
}

/// Certificates of some images.
struct ImageCertificates {
  let certificates: LocalCertificates
  /// Whether bounds on balls are among what proved them.
  let isLocal: Bool
  /// Why they are not, where they were asked for.
  var refusal: String?

  /// What they are a statement about.
  var soundness: String { certificates.basis.rawValue + (isLocal ? ", images in [0, 1]" : "") }

  func isCertified(at epsilon: Rational, norm: PerturbationNorm) -> [Bool] {
    certificates.samples.map { $0.certifies(epsilon, norm: norm) }
  }

  /// How far they reach in a norm, L2 or L∞.
  func record(task: String, norm: PerturbationNorm) -> CertificateRecord {
    let samples = certificates.samples
    return CertificateRecord(
      task: task, norm: norm, network: samples.map { norm == .linf ? $0.global.radiusLinf : $0.global.radiusL2 },
      best: samples.map { sample in
        (norm == .linf ? sample.linf : sample.l2).map { ($0.value, $0.method.rawValue) }
      }, soundness: soundness, note: refusal)
  }
}

extension DeployedNetwork {
  /// Images at a time, at most: bounds on balls hold many numbers an image at once.
  static let ballBatchSize = 16

  /// The network's bound, or why it has none.
  func boundOrReason() throws -> Result<NetworkBound, LipschitzError> {
    do {
      return .success(try lipschitzBound())
    } catch let error as LipschitzError {
      return .failure(error)
    }
  }

  /// The strongest certificates by bounds on the ball around each image, or why the network has none. Commands and runs
  /// ask for them here, so that a run's settings mean the same to both.
  /// - Parameters:
  ///   - bound: of this very network.
  ///   - settings: how far the search goes.
  ///   - norms: in which to look for radii on balls; in others the network's bound stands.
  ///   - batchSize: at most; 16 where it is more.
  ///   - pixels: N×C×H×W in [0, 1] of the images at these places of `labels`; a batch may be asked for twice.
  /// - Throws: `LipschitzError` where bound, pixels or labels do not belong to the network, and what `pixels` throws.
  public func localCertificates(
    _ bound: NetworkBound, labels: [Int], _ settings: Configuration.Certification,
    norms: Set<PerturbationNorm> = [.l2, .linf], batchSize: Int, pixels: (Range<Int>) throws -> Tensor
  ) throws -> Result<LocalCertificates, LipschitzError> {
    do {
      return .success(
        try certifyLocallyStrongest(
          self, bound: bound, labels: labels,
          search: LocalSearch(norms: norms, throughoutLimit: settings.throughoutLimit),
          batchSize: min(batchSize, Self.ballBatchSize),
          pixels: pixels))
    } catch let error as LipschitzError {
      guard case .noLocalBound = error else { throw error }
      return .failure(error)
    }
  }
}

extension BracketRecord {
  /// Certified radius and nearest adversarial of some test images of a task.
  /// - Parameter bound: of the network; nil where it has none, and so no certificates.
  init(
    _ network: DeployedNetwork, _ bound: NetworkBound?, _ benchmark: TaskBenchmark, images count: Int,
    _ certification: Certification
  ) throws {
    let sample = try benchmark.sample(count)
    func pixels(_ places: Range<Int>) throws -> Tensor {
      try sample.pixels.narrowed(0, from: places.lowerBound, count: places.count)
    }
    let found = try bound.map { bound in
      try certification.certificates(network, bound: bound, labels: sample.labels, norms: [.l2], pixels: pixels)
    }
    try self.init(
      task: benchmark.task.name, of: network, labels: sample.labels,
      radii: found?.certificates.radiiL2 ?? Array(repeating: nil, count: sample.count),
      images: sample.places.map(benchmark.images.path), soundness: found?.soundness,
      batchSize: certification.batchSize, pixels: pixels)
  }
}
