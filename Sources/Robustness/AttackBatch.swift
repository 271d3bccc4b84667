import RandomStreams
import ResidualNets
import TorchCore

/// A batch under attack: the network, the images with their labels, and what all attacks share, computed once: the
/// clean verdict and, where it is wanted, the gradient of the cross-entropy at the clean images.
public struct AttackBatch {
  public let network: DeployedNetwork
  /// N×C×H×W in [0, 1], fp32, channels-last.
  public let pixels: Tensor
  /// The true class of each sample.
  public let labels: [Int]
  /// One a sample; empty for attacks that draw nothing.
  public let streams: [RandomStream]
  /// N×K.
  public let cleanLogits: Tensor
  public let cleanPredictions: [Int]
  public let cleanCorrect: [Bool]

  let labelTensor: Tensor
  private let crossEntropyGradient: InputGradient?

  public var count: Int { labels.count }

  /// - Parameters:
  ///   - pixels: N×C×H×W in [0, 1], fp32; kept in channels-last order.
  ///   - streams: a random stream per sample, derived from the sample's own index in its data set.
  ///   - preparingGradient: whether the clean pass also computes the gradient; false where no attack needs one.
  /// - Throws: ``RobustnessError`` for pixels or labels that do not fit the network, `TorchError`.
  public init(
    _ network: DeployedNetwork, pixels: Tensor, labels: [Int], streams: [RandomStream] = [],
    preparingGradient: Bool = true
  ) throws {
    try AttackBatch.check(network, pixels, labels)
    if !streams.isEmpty { try RobustnessError.requireEqual("random streams", streams.count, labels.count) }
    self.network = network
    self.labels = labels
    self.streams = streams
    self.pixels = try pixels.detached().channelsLast()
    labelTensor = try Tensor(indices: labels).to(pixels.device)
    crossEntropyGradient =
      preparingGradient && !labels.isEmpty
      ? try InputGradient(network, self.pixels, labelTensor, .crossEntropy) : nil
    let clean = self.pixels
    cleanLogits =
      labels.isEmpty
      ? try Tensor.zeros([0, network.classCount])
      : try crossEntropyGradient?.logits ?? withoutGradients { try network.logits(clean) }
    let verdict = try Judgement(logits: cleanLogits, labels: labels)
    cleanPredictions = verdict.predictions
    cleanCorrect = verdict.correct
  }

  /// The gradient of a loss at the clean images, from the clean pass where it was prepared there.
  func cleanGradient(of loss: AttackLoss) throws -> InputGradient {
    if loss == .crossEntropy, let crossEntropyGradient { return crossEntropyGradient }
    return try InputGradient(network, pixels, labelTensor, loss)
  }

  /// The samples' streams for one purpose.
  func streams(_ purpose: String) throws -> [RandomStream] {
    try RobustnessError.requireEqual("random streams", streams.count, count)
    return streams.map { $0.stream(purpose) }
  }

  private static func check(_ network: DeployedNetwork, _ pixels: Tensor, _ labels: [Int]) throws {
    let shape = pixels.shape
    guard shape.count == network.inputShape.count + 1, Array(shape.dropFirst()) == network.inputShape else {
      throw RobustnessError.pixelShape(found: shape, expected: network.inputShape)
    }
    let dtype = try pixels.dtype
    guard dtype == .float32 else { throw RobustnessError.pixelType(found: "\(dtype)") }
    try RobustnessError.requireEqual("labels", labels.count, shape[0])
    let classes = network.classCount
    if let sample = labels.firstIndex(where: { !(0..<classes).contains($0) }) {
      throw RobustnessError.labelOutOfRange(label: labels[sample], sample: sample, classes: classes)
    }
    guard pixels.count > 0 else { return }
    // A NaN makes both extremes NaN, which is in no range.
    guard try pixels.min().item() >= 0, try pixels.max().item() <= 1 else { throw RobustnessError.pixelsOutsideBox }
  }
}
