import ResidualNets
import Results
import TorchCore

@testable import Lipschitz

/// Radii of some images that a certificate claims, each within which nothing may change the network's answer.
struct Claim {
  let name: String
  let norm: PerturbationNorm
  /// Whether the claim is about images in [0, 1] alone.
  let isInBox: Bool
  /// Of the images whose radius is above 0, in pixels.
  let radii: [Double]
  let pixels: Tensor
  let labels: [Int]

  init?(
    _ name: String, _ norm: PerturbationNorm, isInBox: Bool, _ radii: [Double?], _ pixels: Tensor, _ labels: [Int]
  ) throws {
    let places = radii.indices.filter { (radii[$0] ?? 0) > 0 }
    guard !places.isEmpty else { return nil }
    self.name = name
    self.norm = norm
    self.isInBox = isInBox
    self.radii = places.compactMap { radii[$0] }
    self.pixels = try pixels.selecting(0, Tensor(indices: places)).to(.float64)
    self.labels = places.map { labels[$0] }
  }

  private init(_ claim: Claim, radii: [Double]) {
    (name, norm, isInBox, pixels, labels) = (claim.name, claim.norm, claim.isInBox, claim.pixels, claim.labels)
    self.radii = radii
  }

  /// The same with every radius multiplied.
  func scaled(by factor: Double) -> Claim { Claim(self, radii: radii.map { $0 * factor }) }

  /// What each way of certifying claims of some images.
  static func all(
    _ network: DeployedNetwork, _ bound: NetworkBound, _ pixels: Tensor, _ labels: [Int], name: String,
    _ bases: [CertificateBasis] = [.singlePrecision, .realArithmetic]
  ) throws -> [Claim] {
    try withoutGradients {
      try bases.flatMap { basis in
        let found = try certifyLocally(
          network, bound: bound, pixels: pixels, labels: labels, basis: basis,
          search: LocalSearch(bisections: 7, throughoutLimit: 200), batchSize: 64
        ).samples
        let place = "\(name), \(basis.rawValue)"
        return try [
          Claim("\(place), global L2", .l2, isInBox: false, found.map(\.global.radiusL2), pixels, labels),
          Claim("\(place), local L2", .l2, isInBox: true, found.map { $0.l2?.value }, pixels, labels),
          Claim("\(place), local L∞", .linf, isInBox: true, found.map { $0.linf?.value }, pixels, labels),
        ].compactMap(\.self)
      }
    }
  }
}
