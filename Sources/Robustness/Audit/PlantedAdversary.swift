import RandomStreams
import TorchCore

/// Alters a network so that an image surely has an adversarial in its ball: an attack that then finds none is blind
/// (Zimmermann, Brendel, Tramèr and Carlini 2022, "Increasing confidence in adversarial robustness evaluations",
/// algorithm 1).
///
/// Inner points, the image among them, are drawn from the ball of radius η·ε, and one point from the boundary of the
/// ball of ε (in L∞ a corner). A linear readout of the network's penultimate features is fitted to tell them apart; its
/// threshold is moved up to the boundary point, so that chance alone rarely crosses it. The network so altered calls
/// the image class 0 and the point class 1. The readout is scaled until it is as sure of the image as the network
/// itself was, so that whatever saturates stays saturated.
///
/// Where features are too few to separate so many points, half the inner points are left out until they are separated.
/// The paper leaves the fit open and its code uses logistic regression; here it is the closed form of
/// ``SeparatingReadout``. The paper's code scales by the range of the logits, here it is the lead of the likeliest
/// class.
public struct PlantedAdversary: Sendable, Hashable {
  /// Drawn beside the image itself.
  public var innerPoints: Int
  /// η.
  public var innerRadius: Double
  /// Where the threshold is between the farthest inner point, 0, and the boundary point, 1.
  public var closeness: Double

  public init(innerPoints: Int = 63, innerRadius: Double = 0.95, closeness: Double = 0.999) {
    self.innerPoints = innerPoints
    self.innerRadius = innerRadius
    self.closeness = closeness
  }

  /// A network with its planted adversary.
  struct Site {
    let classifier: PlantedClassifier
    /// 1×C×H×W, in the ball and the box.
    let adversary: Tensor
    /// Separated from the adversary, the image among them.
    let innerPoints: Int
  }

  func check() throws {
    try RobustnessError.require(
      innerPoints >= 1 && innerRadius > 0 && innerRadius <= 1 && closeness > 0 && closeness < 1,
      "the planted adversary", "needs an inner point, an inner radius in (0, 1] and a closeness in (0, 1)")
  }

  /// Nil where nothing can be planted: the features are the same, or not finite, wherever in the ball one looks.
  ///
  /// - Parameters:
  ///   - image: 1×C×H×W in [0, 1], fp32.
  ///   - stream: of this image.
  func plant(
    in network: any FeatureClassifier, around image: Tensor, within ball: PerturbationBall, stream: RandomStream
  ) throws -> Site? {
    let adversary = try PlantedAdversary.boundaryPoints(1, around: image, ball, stream.stream("adversary"))
    let points = try Tensor.concatenated([image, innerPoints(around: image, ball, stream.stream("inner")), adversary])
    let features = try withoutGradients { try network.features(points.channelsLast()) }
    guard try features.isFinite().allTrue() else { return nil }
    let confidence = try confidence(of: network, image)
    var count = innerPoints + 1
    while count > 0 {
      if let classifier = try readout(network, features, inner: count, confidence),
        try isPlanted(classifier, image, adversary)
      {
        return Site(classifier: classifier, adversary: adversary, innerPoints: count)
      }
      count /= 2
    }
    return nil
  }

  /// Points of the boundary of the ball, clipped to the box, count×C×H×W.
  static func boundaryPoints(
    _ count: Int, around image: Tensor, _ ball: PerturbationBall, _ stream: RandomStream
  ) throws -> Tensor {
    let set = try FeasibleSet(ball, around: repeated(image, count))
    let streams = (0..<count).map { stream.stream($0) }
    let directions = try randomDirections(ball.norm, streams, Array(image.shape.dropFirst()), on: image.device)
    return try set.project(set.clean.addingProduct(directions, set.stepRadii()))
  }

  private func innerPoints(around image: Tensor, _ ball: PerturbationBall, _ stream: RandomStream) throws -> Tensor {
    let set = try FeasibleSet(
      ball.norm, around: PlantedAdversary.repeated(image, innerPoints),
      radii: Array(repeating: innerRadius * ball.radius, count: innerPoints))
    return try set.randomPoints((0..<innerPoints).map { stream.stream($0) })
  }

  private static func repeated(_ image: Tensor, _ count: Int) throws -> Tensor {
    try image.selectingImages(Tensor(indices: Array(repeating: 0, count: count)).to(image.device))
  }

  /// The lead of the likeliest class over the next one; 1 where there is none to speak of.
  private func confidence(of network: any Classifier, _ image: Tensor) throws -> Double {
    guard network.classCount > 1 else { return 1 }
    let leading = try withoutGradients { try network.logits(image).top(2, 1).values.doubles() }
    let lead = leading[0] - leading[1]
    return lead > 0 && lead.isFinite ? lead : 1
  }

  /// The readout that separates the first `inner` rows of N×F from the last one; nil where it does not in fp32.
  private func readout(
    _ network: any FeatureClassifier, _ features: Tensor, inner: Int, _ confidence: Double
  ) throws -> PlantedClassifier? {
    let exact = try features.to(.float64)
    let cloud = try exact.narrowed(0, from: 0, count: inner)
    let outer = try exact.narrowed(0, from: exact.size(0) - 1, count: 1)
    guard let readout = try SeparatingReadout(inner: cloud, outer: outer, closeness: closeness) else { return nil }
    // Half the difference of the two logits, which at the image is the network's own lead.
    let clean = try cloud.narrowed(0, from: 0, count: 1).matmul(readout.weight).item()
    let scale = confidence / (readout.threshold - clean) / 2
    let row = try (readout.weight * scale).transposed()
    let classifier = try PlantedClassifier(
      network: network, weight: Tensor.concatenated([row.negated(), row]).to(.float32),
      bias: Tensor([readout.threshold * scale, -readout.threshold * scale], [2]).to(.float32).to(row.device))
    let separated = try Tensor.concatenated([
      features.narrowed(0, from: 0, count: inner), features.narrowed(0, from: features.size(0) - 1, count: 1),
    ])
    let classes = try classifier.logits(features: separated).argmax(1).integers()
    return classes == Array(repeating: 0, count: inner) + [1] ? classifier : nil
  }

  /// Whether the altered network itself, on one image at a time as an attack will see it, gives the two classes.
  private func isPlanted(_ classifier: PlantedClassifier, _ image: Tensor, _ adversary: Tensor) throws -> Bool {
    try Judgement(classifier, image, labels: [0]).correct[0] && Judgement(classifier, adversary, labels: [1]).correct[0]
  }
}
