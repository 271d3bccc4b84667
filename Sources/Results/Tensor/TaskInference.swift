/// How often the task of an image is inferred correctly, after each task (over the tasks seen so far).
public struct TaskInference: Sendable, Equatable, Codable {
  /// T entries; absent where not measured.
  public var accuracy: [Double?]
  public var counts: [Tally?]
  /// How the task is inferred, by the configuration's word for it; nil where nobody has to, or in older files.
  public var rule: String?
  /// How often attacks move it; empty where that was not measured.
  public var underAttack: [MovedInference]

  public init(_ tallies: [Tally?], rule: String? = nil, underAttack: [MovedInference] = []) {
    accuracy = tallies.map { $0?.rate }
    counts = tallies
    self.rule = rule
    self.underAttack = underAttack
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    accuracy = try container.decode([Double?].self, forKey: .accuracy)
    counts = try container.decode([Tally?].self, forKey: .counts)
    rule = try container.decodeIfPresent(String.self, forKey: .rule)
    underAttack = try container.decodeIfPresent([MovedInference].self, forKey: .underAttack) ?? []
  }
}

/// How often an attack turns a task that was inferred correctly into another one, after each task.
public struct MovedInference: Sendable, Equatable, Codable {
  /// The attack, or `worst`: moved by any attack of this norm and ε.
  public var measure: String
  public var norm: PerturbationNorm?
  public var epsilon: Rational?
  /// T entries, of the images that were attacked: those whose task is inferred correctly clean.
  public var inferred: [Tally?]
  /// T entries, of the same images: those whose task is inferred correctly clean, and not under attack.
  public var moved: [Tally?]

  /// Nothing measured yet.
  public init(measure: String, norm: PerturbationNorm?, epsilon: Rational?, tasks: Int) {
    self.measure = measure
    self.norm = norm
    self.epsilon = epsilon
    inferred = Array(repeating: nil, count: tasks)
    moved = inferred
  }

  /// The measure, norm and ε.
  public var key: MeasureKey {
    MeasureKey(measure: measure, norm: norm, epsilon: epsilon, readout: .taskAgnostic)
  }
}
