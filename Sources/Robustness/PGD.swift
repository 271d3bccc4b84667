import Results
import TorchCore

/// Projected gradient descent (Kurakin et al. 2017; Madry et al. 2018) in L∞ and L2.
///
/// A step is x ← clip(Π(x + α·d)), with d = sign(g) in L∞ and g/‖g‖₂ per sample in L2; Π projects to the ball. Every
/// iterate is judged, a sample is dropped as soon as it is fooled, and of a sample that withstands the point of highest
/// loss is kept. Candidates include the clean image.
///
/// The first restart begins where ``FGSM`` ends, so no sample withstands PGD that FGSM fools: iterative ≥ single-step
/// holds by construction. FGSM's step is then the first of the restart's ``steps``, which cost that many gradients in
/// every kind of restart.
public struct PGD: Attack {
  /// α: how far one step goes.
  public enum StepSize: Sendable, Hashable, Codable {
    /// α = factor·ε/steps; Madry et al. use the factor 2.5, which can cross the ball and come back.
    case perSteps(factor: Double)
    /// α = factor·ε.
    case relative(factor: Double)
    /// α in pixels, whatever ε is.
    case absolute(Rational)
  }

  /// Where a restart begins.
  public enum Start: String, Sendable, Hashable, Codable {
    /// At FGSM's point.
    case singleStep
    /// Uniformly in the ball, clipped to the box, from the sample's own stream.
    case random
    /// At the clean image.
    case clean
  }

  /// Gradients per restart.
  public var steps: Int
  public var stepSize: StepSize
  /// One restart each, in order.
  public var starts: [Start]
  public var loss: AttackLoss

  public init(
    steps: Int = 20, stepSize: StepSize = .perSteps(factor: 2.5), starts: [Start] = [.singleStep],
    loss: AttackLoss = .crossEntropy
  ) {
    self.steps = steps
    self.stepSize = stepSize
    self.starts = starts
    self.loss = loss
  }

  /// The first restart from FGSM's point, all others from random points.
  public init(
    steps: Int, restarts: Int, stepSize: StepSize = .perSteps(factor: 2.5), loss: AttackLoss = .crossEntropy
  ) {
    self.init(
      steps: steps, stepSize: stepSize, starts: (0..<max(0, restarts)).map { $0 == 0 ? .singleStep : .random },
      loss: loss)
  }

  public var name: String { "pgd" }
  public var usesCleanGradient: Bool {
    starts.contains(.singleStep) || (starts.contains(.clean) && loss == .crossEntropy)
  }

  public func settings(classes: Int) -> String {
    let size =
      switch stepSize {
      case .perSteps(let factor): "\(factor)·ε/steps"
      case .relative(let factor): "\(factor)·ε"
      case .absolute(let alpha): alpha.text
      }
    let note = loss.note(classes: classes).map { " (\($0))" } ?? ""
    return "\(steps) steps of \(size), starts \(starts.map(\.rawValue).joined(separator: ", ")), "
      + "loss \(loss.rawValue)\(note)"
  }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    try check(ball.norm)
    guard batch.count > 0 else { return .unperturbed(batch) }
    var search = try PGDSearch(
      self, batch, ball.norm, radii: Array(repeating: ball.radius, count: batch.count), carrying: smaller)
    for (restart, start) in starts.enumerated() { try search.run(from: start, restart: restart) }
    return try search.result()
  }

  func check(_ norm: PerturbationNorm) throws {
    guard steps >= 1 else { throw RobustnessError.invalidSetting(name: "PGD's steps", reason: "must be at least 1") }
    guard !starts.isEmpty else {
      throw RobustnessError.invalidSetting(name: "PGD's restarts", reason: "must be at least 1")
    }
    guard norm != .l1 else { throw RobustnessError.unsupportedNorm(attack: name, norm: norm) }
    let factor =
      switch stepSize {
      case .perSteps(let factor), .relative(let factor): factor
      case .absolute(let alpha): alpha.value
      }
    guard factor > 0, factor.isFinite else {
      throw RobustnessError.invalidSetting(name: "PGD's step size", reason: "must be above 0 and finite")
    }
  }

  /// α for each sample's radius (N×1×1×1).
  func stepSizes(_ radii: Tensor) throws -> Tensor { try stepSize.values(radii, steps: steps) }
}

extension PGD.StepSize {
  /// α for each sample's radius (N×1×1×1).
  func values(_ radii: Tensor, steps: Int) throws -> Tensor {
    switch self {
    case .perSteps(let factor): try radii * (factor / Double(steps))
    case .relative(let factor): try radii * factor
    case .absolute(let alpha): try radii * 0 + alpha.value
    }
  }
}
