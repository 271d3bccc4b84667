import ResidualNets
import Results
import TorchCore

// The rows that look at what the network itself gives: its gradients, its logits, its repeatability.
extension Audit {
  /// Has every sample a gradient that is finite and not zero? Masked gradients blind an attack.
  public static func gradientsAreUsable(
    _ gradients: GradientStatistics, classes: Int, context: String = ""
  ) -> AuditRow {
    let zero = Tally(correct: gradients.zero, n: gradients.samples)
    return row(
      "gradients are finite and not zero",
      gradients.samples == 0 || classes < 2 ? nil : gradients.nonFinite == 0 && zero.interval.low <= tolerance,
      "zero on \(gradients.zero), not finite on \(gradients.nonFinite) of \(gradients.samples) samples", context)
  }

  /// Are the outputs logits? Rows that are all in [0, 1] and sum to 1 are probabilities, whose losses saturate.
  ///
  /// - Parameter logits: N×K.
  public static func outputsAreLogits(_ logits: Tensor, context: String = "") throws -> AuditRow {
    let check = "outputs are logits, not probabilities"
    guard logits.size(0) > 0, logits.size(1) > 1 else { return row(check, nil, "nothing to look at", context) }
    let sums = try logits.to(.float64).sum([1])
    let sumsToOne = try (sums - 1).abs().lessOrEqual(1e-4)
    let isInside = try logits.min([1]).greaterOrEqual(0).and(logits.max([1]).lessOrEqual(1))
    let suspicious = try Tally(sumsToOne.and(isInside).booleans())
    // A row of logits may look like probabilities by chance; a network that gives them does so on every row.
    return row(
      check, suspicious.correct < suspicious.n,
      "\(suspicious.correct) of \(suspicious.n) rows lie in [0, 1] and sum to 1", context)
  }

  /// Does the same input give the same bits twice?
  ///
  /// - Parameters:
  ///   - pixels: N×C×H×W.
  ///   - forward: the network, as logits N×K of pixels.
  public static func forwardRepeats(
    _ pixels: Tensor, context: String = "", forward: (Tensor) throws -> Tensor
  ) throws -> AuditRow {
    let check = "a repeated forward pass gives identical logits"
    guard pixels.size(0) > 0 else { return row(check, nil, "nothing to look at", context) }
    let (first, second) = try withoutGradients { (try forward(pixels), try forward(pixels)) }
    // Bytes, because a NaN is not equal to itself.
    let (one, two) = try (first.host().bytes, second.host().bytes)
    let width = one.count / pixels.size(0)
    let same = (0..<pixels.size(0)).map { image in
      one[image * width..<(image + 1) * width] == two[image * width..<(image + 1) * width]
    }
    return row(check, !same.contains(false), "\(same.count { !$0 }) of \(same.count) rows differ", context)
  }

  /// The same for a deployed network.
  public static func forwardRepeats(
    _ network: any Classifier, _ pixels: Tensor, context: String = ""
  ) throws -> AuditRow {
    try forwardRepeats(pixels, context: context, forward: network.logits)
  }
}
