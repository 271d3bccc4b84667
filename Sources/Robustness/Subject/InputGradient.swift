import Results
import TorchCore

/// One pass forward and back: the logits, the loss of each sample and its gradient with respect to the pixels alone.
struct InputGradient {
  /// N×K.
  let logits: Tensor
  /// N.
  let losses: Tensor
  /// N×C×H×W; a sample whose gradient is not finite has zeros here.
  let gradient: Tensor
  /// The largest absolute value of each sample's gradient, N×1×1×1.
  let largest: Tensor
  /// Per sample: the gradient is exactly zero; it has a NaN or an infinity.
  let isZero: [Bool]
  let isNonFinite: [Bool]

  init(_ network: any Classifier, _ pixels: Tensor, _ objective: AttackObjective) throws {
    self = try RecordedLoss(network, pixels, objective).gradient()
  }

  /// - Parameter raw: the gradient as it was computed.
  fileprivate init(logits: Tensor, losses: Tensor, raw: Tensor) throws {
    let rawLargest = try raw.abs().max([1, 2, 3], keepingDimensions: true)
    let finite = try rawLargest.isFinite()
    isNonFinite = try finite.booleans().map { !$0 }
    isZero = try rawLargest.equal(0).booleans()
    if isNonFinite.contains(true) {
      gradient = try finite.select(raw, raw.zerosLike())
      largest = try finite.select(rawLargest, rawLargest.zerosLike())
    } else {
      gradient = raw
      largest = rawLargest
    }
    self.logits = logits
    self.losses = losses
  }

  /// The direction of steepest ascent of length 1 in the norm, at these points.
  func steepestDirection(_ norm: PerturbationNorm, at points: Tensor) throws -> Tensor {
    try Robustness.steepestDirection(of: gradient, largest: largest, norm, at: points)
  }
}

/// A forward pass with the loss of each sample, which can be differentiated once.
struct RecordedLoss {
  /// N×K.
  let logits: Tensor
  /// N.
  let losses: Tensor
  private let leaf: Tensor
  private let recorded: Tensor

  init(_ network: any Classifier, _ pixels: Tensor, _ objective: AttackObjective) throws {
    leaf = try pixels.asLeaf()
    let recordedLogits = try network.logits(leaf)
    recorded = try objective.values(recordedLogits)
    logits = try recordedLogits.detached()
    losses = try recorded.detached()
  }

  func gradient() throws -> InputGradient {
    // The sum, not the mean: every sample's gradient is its own, whatever the batch.
    let found = try gradients(of: recorded.sum(), withRespectTo: [leaf]).first.flatMap(\.self)
    return try InputGradient(logits: logits, losses: losses, raw: found ?? leaf.detached().zerosLike())
  }
}
