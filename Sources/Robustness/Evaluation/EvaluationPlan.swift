import Results

/// An attack, the balls it gets, and how their results relate.
public struct PlannedAttack: Sendable {
  public var attack: any Attack
  public var norm: PerturbationNorm
  /// Ascending, each once.
  public let epsilons: [Rational]
  /// raw: each ε on its own; envelope: a success at a smaller ε counts at every larger one, and costs nothing there.
  public var form: CurveRecord.Form

  /// - Parameter epsilons: in any order.
  public init(
    _ attack: any Attack, _ norm: PerturbationNorm, _ epsilons: [Rational], form: CurveRecord.Form = .raw
  ) {
    self.attack = attack
    self.norm = norm
    self.epsilons = Set(epsilons).sorted()
    self.form = form
  }
}

/// What an evaluation does with every image.
public struct EvaluationPlan: Sendable {
  public var attacks: [PlannedAttack]
  /// Images per batch. Bits depend on it, so it belongs to the configuration and never follows from the machine.
  public var batchSize: Int
  /// Places, in the order of evaluation, of images whose adversarials are kept.
  public var kept: Set<Int>
  /// Where given, adversarials are also scored as images of whole levels.
  public var grid: PixelGrid?

  public init(
    attacks: [PlannedAttack], batchSize: Int = 128, kept: Set<Int> = [], grid: PixelGrid? = nil
  ) {
    self.attacks = attacks
    self.grid = grid
    self.batchSize = batchSize
    self.kept = kept
  }
}
