import Results

/// What an evaluation found, image by image, in the order of evaluation.
public struct EvaluationOutcome: Sendable {
  public var labels: [Int]
  public var cleanPredictions: [Int]
  public var cleanCorrect: [Bool]
  /// One for every attack and ε: attacks in the plan's order, ε ascending.
  public var attacks: [AttackOutcome]
  public var kept: [KeptAdversarial]

  public var count: Int { labels.count }
  public var clean: Tally { Tally(cleanCorrect) }

  mutating func append(_ found: BatchOutcome) {
    cleanPredictions += found.cleanPredictions
    cleanCorrect += found.cleanCorrect
    for (slot, attack) in found.attacks.enumerated() { attacks[slot].append(attack) }
  }

  /// Per image: correct under every one of the outcomes at this norm and ε, and when clean; nil where there are none.
  public func worstCase(_ norm: PerturbationNorm, _ epsilon: Rational) -> [Bool]? {
    let matching = attacks.filter { $0.ball == PerturbationBall(norm, epsilon) }
    guard !matching.isEmpty else { return nil }
    return cleanCorrect.indices.map { image in cleanCorrect[image] && matching.allSatisfy { $0.correct[image] } }
  }
}

/// One attack at one ε.
public struct AttackOutcome: Sendable, Equatable {
  public var attack: String
  public var ball: PerturbationBall
  public var form: CurveRecord.Form
  /// Every setting of the attack that shapes the result, in words; empty where they are not known.
  public var settings: String
  /// Correct when clean, and not fooled.
  public var correct: [Bool]
  /// The same once adversarials are images of whole levels; nil where that was not asked.
  public var correctOnGrid: [Bool]?
  /// The label of the adversarial image.
  public var predictions: [Int]
  /// The norm of the perturbation, in fp64.
  public var distances: [Double]
  public var gradients: GradientStatistics
  /// Forward passes spent on each image.
  public var queries: [Int]
  /// Images that a search in bfloat16 took for fooled and the network itself did not; they were searched again. Nil of
  /// searches in fp32.
  public var refuted: Int?

  public init(attack: String, ball: PerturbationBall, form: CurveRecord.Form, settings: String = "") {
    self.attack = attack
    self.ball = ball
    self.form = form
    self.settings = settings
    correct = []
    predictions = []
    distances = []
    gradients = GradientStatistics()
    queries = []
  }

  public var tally: Tally { Tally(correct) }
  public var tallyOnGrid: Tally? { correctOnGrid.map(Tally.init) }

  /// Distance of the adversarial that was found; nil for an image that withstood.
  public var successDistances: [Double?] { zip(correct, distances).map { $0 ? nil : $1 } }

  mutating func append(_ found: BatchOutcome.Found) {
    correct += found.correct
    if let onGrid = found.correctOnGrid { correctOnGrid = (correctOnGrid ?? []) + onGrid }
    predictions += found.predictions
    distances += found.distances
    gradients = gradients + found.gradients
    queries += found.queries
    if let more = found.refuted { refuted = (refuted ?? 0) + more }
  }

  /// The envelope of a raw curve: a success at a smaller ε counts, with its distance and label, at every larger one.
  ///
  /// - Parameter curve: one attack in one norm over the same images, ε ascending.
  public static func envelope(of curve: [AttackOutcome]) -> [AttackOutcome] {
    var envelope: [AttackOutcome] = []
    for outcome in curve {
      var joined = outcome
      joined.form = .envelope
      if let smaller = envelope.last {
        for image in smaller.correct.indices where !smaller.correct[image] {
          joined.correct[image] = false
          if let onGrid = smaller.correctOnGrid { joined.correctOnGrid?[image] = onGrid[image] }
          joined.predictions[image] = smaller.predictions[image]
          joined.distances[image] = smaller.distances[image]
        }
      }
      envelope.append(joined)
    }
    return envelope
  }
}
