import RandomStreams
import TorchCore

/// A batch under attack: the network, the images with their labels, and what all attacks share, computed once: the
/// clean verdict and, where it is wanted, the gradient of the cross-entropy at the clean images.
public struct AttackBatch {
  public let network: any Classifier
  /// N×C×H×W in [0, 1], fp32, channels-last.
  public let pixels: Tensor
  /// The true class of each sample.
  public let labels: [Int]
  /// When an attack on this batch has succeeded.
  public let goal: AttackGoal
  /// One a sample; empty for attacks that draw nothing.
  public let streams: [RandomStream]
  /// N×K.
  public let cleanLogits: Tensor
  public let cleanPredictions: [Int]
  public let cleanCorrect: [Bool]
  /// The clean image reaches the goal as it is: a success with itself as the adversarial.
  public let cleanReached: [Bool]
  /// What an attack may spend effort on: neither reached as it is nor out of reach by definition.
  public let isOpen: [Bool]

  let labelTensor: Tensor
  private let crossEntropyGradient: InputGradient?

  public var count: Int { labels.count }

  /// - Parameters:
  ///   - pixels: N×C×H×W in [0, 1], fp32; kept in channels-last order.
  ///   - goal: when an attack has succeeded; targets are classes of the network, one a sample.
  ///   - streams: a random stream per sample, derived from the sample's own index in its data set.
  ///   - preparingGradient: whether the clean pass also computes the gradient; false where no attack needs one.
  /// - Throws: ``RobustnessError`` for pixels or labels that do not fit the network, `TorchError`.
  public init(
    _ network: any Classifier, pixels: Tensor, labels: [Int], goal: AttackGoal = .misclassification,
    streams: [RandomStream] = [], preparingGradient: Bool = true
  ) throws {
    try AttackBatch.check(network, pixels, labels)
    if case .targets(let targets) = goal { try AttackBatch.check(targets, labels, classes: network.classCount) }
    if !streams.isEmpty { try RobustnessError.requireEqual("random streams", streams.count, labels.count) }
    self.network = network
    self.labels = labels
    self.goal = goal
    self.streams = streams
    self.pixels = try pixels.detached().channelsLast()
    labelTensor = try Tensor(indices: labels).to(pixels.device)
    crossEntropyGradient =
      preparingGradient && !labels.isEmpty
      ? try InputGradient(network, self.pixels, AttackObjective(.crossEntropy, labels: labelTensor)) : nil
    let clean = self.pixels
    cleanLogits =
      labels.isEmpty
      ? try Tensor.zeros([0, network.classCount])
      : try crossEntropyGradient?.logits ?? withoutGradients { try network.logits(clean) }
    let verdict = try Judgement(logits: cleanLogits, labels: labels, goal: goal)
    cleanPredictions = verdict.predictions
    cleanCorrect = verdict.correct
    cleanReached = verdict.reached
    switch goal {
    case .misclassification: isOpen = verdict.correct
    case .targets(let targets): isOpen = labels.indices.map { !verdict.reached[$0] && targets[$0] != labels[$0] }
    }
  }

  /// Some samples of another batch, with what is known of them.
  private init(_ other: AttackBatch, rows: [Int]) throws {
    let index = try Tensor(indices: rows).to(other.pixels.device)
    network = other.network
    pixels = try other.pixels.selectingImages(index)
    labels = rows.map { other.labels[$0] }
    goal = other.goal.selecting(rows)
    streams = other.streams.isEmpty ? [] : rows.map { other.streams[$0] }
    cleanLogits = try other.cleanLogits.selecting(0, index)
    cleanPredictions = rows.map { other.cleanPredictions[$0] }
    cleanCorrect = rows.map { other.cleanCorrect[$0] }
    cleanReached = rows.map { other.cleanReached[$0] }
    isOpen = rows.map { other.isOpen[$0] }
    labelTensor = try other.labelTensor.selecting(0, index)
    crossEntropyGradient = nil
  }

  /// The same batch before another form of its network; what is known of the clean images is the network's own.
  private init(_ other: AttackBatch, on network: any Classifier, preparingGradient: Bool) throws {
    self.network = network
    (pixels, labels, goal, streams) = (other.pixels, other.labels, other.goal, other.streams)
    (cleanLogits, cleanPredictions) = (other.cleanLogits, other.cleanPredictions)
    (cleanCorrect, cleanReached, isOpen) = (other.cleanCorrect, other.cleanReached, other.isOpen)
    labelTensor = other.labelTensor
    crossEntropyGradient =
      preparingGradient && !labels.isEmpty
      ? try InputGradient(network, pixels, AttackObjective(.crossEntropy, labels: labelTensor)) : nil
  }

  /// The batch for a search on another form of its network: verdicts there are that form's.
  func searched(on network: any Classifier, preparingGradient: Bool) throws -> AttackBatch {
    try AttackBatch(self, on: network, preparingGradient: preparingGradient)
  }

  /// The samples `rows` as a batch of their own, without another clean pass.
  func selecting(_ rows: [Int]) throws -> AttackBatch {
    rows == Array(0..<count) ? self : try AttackBatch(self, rows: rows)
  }

  /// The samples that are open to attack and have not fallen yet, in order.
  /// - Parameter fallen: those that have.
  func openRows(besides fallen: [Bool]? = nil) -> [Int] {
    isOpen.indices.filter { isOpen[$0] && fallen?[$0] != true }
  }

  /// A loss of the samples that `rows` (int64) names toward a target each.
  func objective(_ loss: AttackLoss, of rows: Tensor, toward targets: [Int]) throws -> AttackObjective {
    try AttackObjective(
      loss, labels: labelTensor.selecting(0, rows), targets: Tensor(indices: targets).to(pixels.device))
  }

  /// A loss as the goal has it: away from the true labels, or toward the targets.
  func objective(_ loss: AttackLoss) throws -> AttackObjective {
    switch goal {
    case .misclassification: AttackObjective(loss, labels: labelTensor)
    case .targets(let targets):
      try AttackObjective(loss, labels: labelTensor, targets: Tensor(indices: targets).to(pixels.device))
    }
  }

  /// The gradient of a loss at the clean images, from the clean pass where it was prepared there.
  func cleanGradient(of loss: AttackLoss) throws -> InputGradient {
    if loss == .crossEntropy, goal == .misclassification, let crossEntropyGradient { return crossEntropyGradient }
    return try InputGradient(network, pixels, objective(loss))
  }

  /// For each sample its most likely wrong classes by the clean logits, the likeliest first.
  /// - Parameter count: at most one less than there are classes.
  func rivals(_ count: Int) throws -> [[Int]] {
    let wanted = min(count, network.classCount - 1)
    guard wanted > 0, self.count > 0 else { return Array(repeating: [], count: self.count) }
    let order = try cleanLogits.sorted(1, descending: true).indices.integers()
    return labels.indices.map { sample in
      let row = order[sample * network.classCount..<(sample + 1) * network.classCount]
      return Array(row.filter { $0 != labels[sample] }.prefix(wanted))
    }
  }

  /// The samples' streams for one purpose.
  func streams(_ purpose: String) throws -> [RandomStream] {
    try RobustnessError.requireEqual("random streams", streams.count, count)
    return streams.map { $0.stream(purpose) }
  }

  private static func check(_ targets: [Int], _ labels: [Int], classes: Int) throws {
    try RobustnessError.requireEqual("targets", targets.count, labels.count)
    if let sample = targets.firstIndex(where: { !(0..<classes).contains($0) }) {
      throw RobustnessError.labelOutOfRange(label: targets[sample], sample: sample, classes: classes)
    }
  }

  /// - Throws: ``RobustnessError`` for pixels or labels that do not fit the network.
  static func check(_ network: any Classifier, _ pixels: Tensor, _ labels: [Int]) throws {
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
