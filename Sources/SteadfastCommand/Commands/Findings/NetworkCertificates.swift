import Foundation
import Steadfast

/// The certificate of some networks, gathered while they are bounded.
struct NetworkCertificates {
  private let url: URL
  private var networks: [NetworkClaim] = []

  /// - Parameter path: a place where nothing is, asked before long work.
  init(_ path: String) throws { url = try OutputFiles.unused(path) }

  @TorchActor
  mutating func add(
    _ network: JudgedNetwork, bound: NetworkBound, images: TestImages?, basis: CertificateBasis?, batchSize: Int
  ) throws {
    let deployed = network.subject.network
    var claim = try NetworkClaim(name: network.title, deployed, bound: bound)
    if let images, let basis {
      try claim.certify(
        deployed, bound: bound, basis: basis, indices: images.indices, labels: images.labels, batchSize: batchSize,
        pixels: images.pixels)
    }
    networks.append(claim)
  }

  func write() throws { try CertificateFile(networks: networks).write(to: url) }
}
