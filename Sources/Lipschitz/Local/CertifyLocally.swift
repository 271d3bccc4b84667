import OperatorNorms
import ResidualNets
import Results
import TensorFiles
import TorchCore

/// Certified radii of a batch by bounds on the ball around each image itself: the best of these and of
/// ``certify(_:bound:pixels:labels:basis:batchSize:)``.
///
/// The statement is about images in [0, 1]: where the ball leaves the box, nothing is said. Everything is computed in
/// double precision on the CPU and rounded outward. With `.singlePrecision` it also covers the rounding of the
/// network's own arithmetic at every such image, layer by layer.
/// - Parameters:
///   - network: in the precision and on the device that it runs in.
///   - bound: of this very network.
///   - pixels: N×C×H×W in [0, 1].
///   - labels: N, counted from 0.
/// - Throws: ``LipschitzError``: as `certify`, and naming a layer that has no local bound.
public func certifyLocally(
  _ network: DeployedNetwork, bound: NetworkBound, pixels: Tensor, labels: [Int],
  basis: CertificateBasis = .realArithmetic, search: LocalSearch = .init(), batchSize: Int = 16
) throws -> LocalCertificates {
  try requireSamples(pixels, labels.count, network)
  return try certifyLocally(network, bound: bound, labels: labels, basis: basis, search: search, batchSize: batchSize) {
    try pixels.narrowed(0, from: $0.lowerBound, count: $0.count)
  }
}

/// The same for images that are fetched batch by batch.
/// - Parameter pixels: N×C×H×W in [0, 1] of the images at these places of `labels`.
/// - Throws: ``LipschitzError`` as above, and what `pixels` throws.
public func certifyLocally(
  _ network: DeployedNetwork, bound: NetworkBound, labels: [Int], basis: CertificateBasis = .realArithmetic,
  search: LocalSearch = .init(), batchSize: Int = 16, pixels: (Range<Int>) throws -> Tensor
) throws -> LocalCertificates {
  try requireClasses(labels, network)
  return try withoutGradients {
    var certifier = try Certifier(network, bound, basis)
    let bounding = try LocalBounding(network, bound: bound, basis: basis)
    let radii = RadiusSearch(bounding: bounding, search: search)
    var samples: [LocalCertificate] = []
    for places in labels.indices.batches(of: batchSize) {
      let batch = try pixels(places)
      try requireSamples(batch, places.count, network)
      let global = try certifier.certify(batch, Array(labels[places]))
      samples += try radii.improve(global, pixels: exactPixels(batch))
    }
    return LocalCertificates(basis: basis, samples: samples)
  }
}

/// The strongest local certificates that the network allows, as `certifyStrongest` has it.
/// - Parameter pixels: N×C×H×W in [0, 1] of the images at these places of `labels`; a batch may be asked for twice.
/// - Throws: ``LipschitzError`` as above, and what `pixels` throws.
public func certifyLocallyStrongest(
  _ network: DeployedNetwork, bound: NetworkBound, labels: [Int], search: LocalSearch = .init(), batchSize: Int = 16,
  pixels: (Range<Int>) throws -> Tensor
) throws -> LocalCertificates {
  try CertificateBasis.strongest {
    try certifyLocally(
      network, bound: bound, labels: labels, basis: $0, search: search, batchSize: batchSize, pixels: pixels)
  }
}

/// For each sample a lower bound on min over j ≠ label of z_label − z_j over all images in [0, 1] within its radius.
/// A positive one certifies that ball; −∞ or NaN says nothing.
/// - Parameters:
///   - bound: of this very network; nil leaves Lipschitz constants out.
///   - radii: N, in pixels.
///   - norm: L1 is answered for the L2 ball, which contains the L1 ball.
///   - method: any but `global`.
/// - Throws: ``LipschitzError`` for pixels, labels or radii that do not fit, and naming a layer that has no local bound.
public func localMargins(
  _ network: DeployedNetwork, bound: NetworkBound?, pixels: Tensor, labels: [Int], within radii: [Double],
  norm: PerturbationNorm, method: LocalMethod, basis: CertificateBasis = .realArithmetic
) throws -> [Double] {
  guard pixels.shape == [labels.count] + network.inputShape, radii.count == labels.count,
    labels.allSatisfy({ (0..<network.classCount).contains($0) }), radii.allSatisfy({ $0 >= 0 && $0.isFinite })
  else {
    throw LipschitzError.invalidSamples(
      reason:
        "\(labels.count) labels, \(radii.count) radii, pixels \(pixels.shape), network input \(network.inputShape)")
  }
  return try withoutGradients {
    if let bound { try network.requireIdentity(with: bound) }
    let bounding = try LocalBounding(network, bound: bound, basis: basis)
    return try bounding.leastMargins(
      pixels: exactPixels(pixels), labels: labels, radii: radii, norm: norm, method: method)
  }
}

/// Pixels in double precision on the CPU.
private func exactPixels(_ pixels: Tensor) throws -> Tensor {
  let exact = try pixels.doublesOnCPU().contiguous()
  guard try exact.count == 0 || exact.greaterOrEqual(0).and(exact.lessOrEqual(1)).allTrue() else {
    throw LipschitzError.invalidSamples(reason: "a pixel is outside [0, 1]")
  }
  return exact
}
