import OperatorNorms
import RandomStreams
import ResidualNets
import TorchCore

/// Checks a certificate against the network that it is about, by other means than those that made it.
///
/// The rule: everything stated has to be proven as stated, without tolerance; room for rounding is in the certificate.
/// A norm is *refuted* below what power iteration reaches, *confirmed* at or above the check's own upper bound, and
/// *not confirmed* in between. The check's bound goes the way that the certificate names and so comes to the same
/// number but for rounding, 2⁻²⁴ of which the certificate adds: an honest claim is confirmed, one that is 1 % lower is
/// refused, and one that is higher than necessary is confirmed. Compositions are computed from the stated norms,
/// rounded both ways; radii from the stated bound of the features, with logits by another order of summation.
public struct ProofChecker: Sendable {
  /// Of power iteration, for each linear stage.
  public var iterations: Int
  /// Starting vectors are drawn from it, each from the stream of its stage's name.
  public var stream: RandomStream

  public init(iterations: Int = 30, stream: RandomStream = RandomStream(seed: 0).stream("check")) {
    self.iterations = iterations
    self.stream = stream
  }

  /// The network itself: its digest, every norm, every composition and the rows of the head.
  /// - Throws: what the tensors throw; a claim that does not hold is no error but a refusal.
  public func check(_ claim: NetworkClaim, of network: DeployedNetwork) throws -> ProofFindings {
    var findings = ProofFindings()
    let digest = try network.digest()
    guard digest == claim.digest else {
      findings.refusals = [
        Refusal("network", "digest", .mismatch, "the certificate is of \(claim.digest), the network is \(digest)")
      ]
      return findings
    }
    try withoutGradients {
      var walk = StageWalk(iterations: iterations, stream: stream)
      var shape = SampleShape(lengths: network.inputShape)
      try walk.check(network.body, claim.body, inside: "network", shape: &shape)
      try walk.check(network.stages.suffix(1).map(\.self), [claim.head], inside: "network", shape: &shape)
      walk.compose("features", OutwardInterval(composing: claim.body), claim.featureUpper)
      walk.compose("logits", OutwardInterval(composing: [claim.head] + claim.body.reversed()), claim.upper)
      findings = walk.findings
      try checkHeadRows(claim, network, &findings)
    }
    findings.require(
      claim.inputShape == network.inputShape,
      Refusal("network", "input shape", .mismatch, "\(claim.inputShape), and it takes \(network.inputShape)"))
    return findings
  }

  private func checkHeadRows(
    _ claim: NetworkClaim, _ network: DeployedNetwork, _ findings: inout ProofFindings
  ) throws {
    let head = try PreciseHead(network)
    guard claim.headRows.count == head.classCount else {
      findings.refusals.append(
        Refusal(
          "head", "rows", .mismatch, claimed: Double(claim.headRows.count), found: Double(head.classCount),
          "rows are not one a class"))
      return
    }
    for (row, claimed) in claim.headRows.enumerated() {
      let norm = head.rowNorm(row)
      findings.require(
        claimed >= norm,
        Refusal("head", "norm of row \(row)", .notConfirmed, claimed: claimed, found: norm, "the row is longer"))
    }
  }

  /// The images that a certificate is about: their pixels, labels, predictions, margins and radii. The norms are those
  /// stated, so this proves nothing unless ``check(_:of:)`` confirms them.
  /// - Parameters:
  ///   - limit: at most so many of the images, spread evenly.
  ///   - images: pixels N×C×H×W in [0, 1] in single precision and labels of the images of these indices.
  /// - Throws: what `images` and the tensors throw.
  public func checkImages(
    _ claim: NetworkClaim, of network: DeployedNetwork, limit: Int = .max, batchSize: Int = 64,
    images: ([Int]) throws -> (pixels: Tensor, labels: [Int])
  ) throws -> ProofFindings {
    guard let samples = claim.samples else { return ProofFindings() }
    let count = min(max(0, limit), samples.list.count)
    let chosen = (0..<count).map { samples.list[$0 * samples.list.count / count] }
    var findings = ProofFindings()
    do {
      try withoutGradients {
        let check = try SampleCheck(claim, network, basis: samples.basis)
        for start in stride(from: 0, to: chosen.count, by: max(1, batchSize)) {
          let batch = Array(chosen[start..<min(start + max(1, batchSize), chosen.count)])
          let (pixels, labels) = try images(batch.map(\.index))
          findings.formUnion(try check.check(batch, pixels: pixels, labels: labels))
        }
      }
    } catch let refusal as Refusal {
      findings.refusals.append(refusal)
    }
    return findings
  }
}
