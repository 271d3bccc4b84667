import OperatorNorms
import ResidualNets
import TorchCore

/// Checks what a certificate says of images, with the norms that it states.
struct SampleCheck {
  private let network: DeployedNetwork
  private let claim: NetworkClaim
  private let basis: CertificateBasis
  private let body: [ReferenceStage]
  private let head: PreciseHead

  /// - Throws: ``Refusal`` where the certificate's basis is no statement about this network.
  init(_ claim: NetworkClaim, _ network: DeployedNetwork, basis: CertificateBasis) throws {
    guard try basis == .realArithmetic || network.computesInSinglePrecisionOnCPU else {
      throw Refusal("network", "basis", .mismatch, "it does not run in single precision on the CPU")
    }
    self.network = network
    self.claim = claim
    self.basis = basis
    head = try PreciseHead(network)
    var shape = SampleShape(lengths: network.inputShape)
    let exact = try network.mappingTensors { try $0.doublesOnCPU() }
    body = try ReferenceStage.stages(exact.body, claim.body, shape: &shape)
  }

  /// - Parameters:
  ///   - pixels: N×C×H×W of the images that `samples` speaks of.
  ///   - labels: their true labels.
  func check(_ samples: [SampleClaim], pixels: Tensor, labels: [Int]) throws -> ProofFindings {
    guard pixels.shape == [samples.count] + network.inputShape, labels.count == samples.count else {
      throw LipschitzError.invalidSamples(
        reason: "\(samples.count) images were asked for; pixels \(pixels.shape), \(labels.count) labels")
    }
    let digests = try SampleDigest.digests(pixels)
    let predictions = try network.logits(pixels).argmax(1).integers()
    var state = try ForwardError(pixels: pixels.doublesOnCPU())
    try ReferenceStage.pass(body, &state, basis: basis)
    let width = state.value.size(1)
    let (features, errors) = (try state.value.doubles(), try state.samples())
    var findings = ProofFindings()
    for (index, sample) in samples.enumerated() {
      let place = "image \(sample.index)"
      guard digests[index] == sample.digest else {
        findings.refusals.append(Refusal(place, "digest", .mismatch, "its pixels are not those that were certified"))
        continue
      }
      guard labels[index] == sample.label else {
        findings.refusals.append(
          Refusal(
            place, "label", .mismatch, claimed: Double(sample.label), found: Double(labels[index]),
            "it is of another class"))
        continue
      }
      let claimsNothing = sample.margin == nil && sample.radiusL2 == nil && sample.radiusLinf == nil
      guard claimsNothing || (predictions[index] == sample.label && sample.label < head.classCount) else {
        findings.refusals.append(
          Refusal(
            place, "prediction", .refuted, claimed: Double(sample.label), found: Double(predictions[index]),
            "the network predicts another class"))
        continue
      }
      let point = Point(
        features: Array(features[index * width..<(index + 1) * width]), error: errors[index])
      let count = findings.refusals.count
      if !claimsNothing { check(sample, point, place, &findings) }
      findings.images += findings.refusals.count == count ? 1 : 0
    }
    return findings
  }

  private struct Point {
    let features: [Double]
    let error: SampleError
  }

  private func check(_ sample: SampleClaim, _ point: Point, _ place: String, _ findings: inout ProofFindings) {
    let rivals = (0..<head.classCount).filter { $0 != sample.label }
    let found = rivals.map { pairRadius(point, sample.label, $0) }
    let least = found.map(\.margin).min() ?? .infinity
    let range = basis == .singlePrecision ? head.distance(within: SampleError.singleRange, of: point.error) : .infinity
    let radius = min(found.map(\.radius).min() ?? .infinity, range)
    if let margin = sample.margin {
      // Both were computed, and both may be off.
      let unsure = 4 * (found.map(\.unsure).max() ?? 0)
      findings.require(
        margin <= least + unsure,
        Refusal(place, "margin", .refuted, claimed: margin, found: least, "computed in another order it is smaller"))
    }
    if let claimed = sample.radiusL2 {
      findings.require(
        claimed <= radius,
        Refusal(place, "L2 radius", .notConfirmed, claimed: claimed, found: radius, "the check's own is smaller"))
    }
    if let claimed = sample.radiusLinf {
      let count = Double(network.inputShape.reduce(1, *))
      let linf = max(0, (radius / count.squareRoot().nextUp).nextDown)
      findings.require(
        claimed <= linf,
        Refusal(place, "L∞ radius", .notConfirmed, claimed: claimed, found: linf, "the check's own is smaller"))
    }
  }

  /// The largest r for which z_y stays above z_j, rounded inward: (z_y − z_j − loss) / slope.
  private func pairRadius(_ point: Point, _ label: Int, _ rival: Int) -> (
    margin: Double, radius: Double, unsure: Double
  ) {
    let error = point.error
    let margin = head.margin(label, rival, features: point.features)
    let distance = head.distance(label, rival)
    let norms = head.rowNorm(label) + head.rowNorm(rival)
    let biases = abs(head.bias(label)) + abs(head.bias(rival))
    let square = Rounding.gamma(2 * head.width) * Rounding.gamma(2 * head.width)
    let unsure =
      distance * error.double + Rounding.unit * abs(margin) + square * (norms * error.norm + biases)
    var loss = unsure
    var slope = distance.timesUp(claim.featureUpper)
    if basis == .singlePrecision {
      // What single precision may add at distance r, in the features and in both logits.
      let gamma = Rounding.gamma(head.width, unit: ForwardError.singleUnit)
      let reach = error.norm + error.double + error.single
      loss += distance * error.single + gamma * (norms * reach + biases + 1e-20)
      slope += distance * error.singleSlope + gamma * norms * (error.growth + error.singleSlope)
      slope *= ForwardError.slack
    }
    let proven = margin - loss * ForwardError.slack
    // A comparison with NaN is false, so an overflow on the way proves nothing.
    guard proven > 0 else { return (margin, 0, unsure) }
    return (margin, slope == 0 ? .infinity : max(0, (proven.nextDown / slope).nextDown), unsure)
  }
}
