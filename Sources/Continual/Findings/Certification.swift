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
    // Whole batches of bounds on balls, so that where those begin does not depend on what is handed out.
    let perPart = settings.local ? Self.ballBatches * DeployedNetwork.ballBatchSize : batchSize
    let parts = labels.isEmpty ? [0..<0] : Array(labels.indices.batches(of: perPart))
    let found = try ranks.queue(count: parts.count) { number in
      let part = parts[number]
      return try certify(network, bound, Array(labels[part]), norms) { places in
        try stopIfAsked()
        return try pixels(part.lowerBound + places.lowerBound..<part.lowerBound + places.upperBound)
      }
    }
    let whole = ImageCertificates(joining: found)
    if let refusal = whole.refusal { note("certified by the network's bound alone: \(refusal)") }
    return whole
  }

  /// Batches of bounds on balls that are handed out together: preparing a network for them costs, too.
  private static let ballBatches = 4

  private func certify(
    _ network: DeployedNetwork, _ bound: NetworkBound, _ labels: [Int], _ norms: Set<PerturbationNorm>,
    pixels: (Range<Int>) throws -> Tensor
  ) throws -> ImageCertificates {
    var refusal: String?
    if settings.local {
      switch try network.localCertificates(
        bound, labels: labels, settings, norms: norms, batchSize: batchSize, pixels: pixels)
      {
      case .success(let certificates): return ImageCertificates(certificates: certificates, isLocal: true)
      case .failure(let error): refusal = "\(error)"
      }
    }
    let certificates = try certifyStrongest(network, bound: bound, labels: labels, batchSize: batchSize, pixels: pixels)
    return ImageCertificates(certificates: LocalCertificates(certificates), isLocal: false, refusal: refusal)
  }
}

/// Certificates of some images.
struct ImageCertificates: Codable {
  let certificates: LocalCertificates
  /// Whether bounds on balls are among what proved them.
  let isLocal: Bool
  /// Why they are not, where they were asked for.
  var refusal: String?

  init(certificates: LocalCertificates, isLocal: Bool, refusal: String? = nil) {
    self.certificates = certificates
    self.isLocal = isLocal
    self.refusal = refusal
  }

  /// Those of one network's batches, in order; whether bounds on balls are among them depends on the network alone.
  /// - Parameter parts: at least one.
  init(joining parts: [ImageCertificates]) {
    self.init(
      certificates: LocalCertificates(joining: parts.map(\.certificates)), isLocal: parts[0].isLocal,
      refusal: parts[0].refusal)
  }

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
