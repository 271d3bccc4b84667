/// Which samples one measure got right, in a fixed order of samples.
public struct SampleOutcomes: Sendable, Equatable {
  public var measure: String
  /// `correct[s]`: sample s is classified correctly under this measure (for an attack: correct *and* not fooled).
  public var correct: [Bool]

  public init(_ measure: String, _ correct: [Bool]) {
    self.measure = measure
    self.correct = correct
  }
}

/// One sample for which a measure that must be the harsher was the milder.
public struct ConsistencyViolation: Sendable, Equatable, Codable {
  /// Index of the sample in the order that was compared.
  public var sample: Int
  /// The measure that says "correct" although ``milder`` says "wrong".
  public var harsher: String
  public var milder: String
  /// Where: task, row and threat model, in words.
  public var context: String?

  public init(sample: Int, harsher: String, milder: String, context: String? = nil) {
    self.sample = sample
    self.harsher = harsher
    self.milder = milder
    self.context = context
  }
}

/// The check that no honest run can fail: at one norm and ε, certified ≤ worst ≤ each attack ≤ clean, per sample.
public struct ConsistencyCheck: Sendable, Equatable, Codable {
  /// How many samples were compared.
  public var checked: Int
  public var violations: [ConsistencyViolation]

  public init(checked: Int = 0, violations: [ConsistencyViolation] = []) {
    self.checked = checked
    self.violations = violations
  }

  public var holds: Bool { violations.isEmpty }

  /// Compares every pair that has an order: certified, worst and each attack with all that must be at least as high.
  ///
  /// - Parameters:
  ///   - context: where the samples come from, for the message ("task 2 after task 5, L2 1/10").
  ///   - certified: provably robust samples, `nil` where there is no certificate.
  ///   - worst: correct under every attack, `nil` where it was not formed.
  /// - Throws: ``ResultsError/unequalSamples(measure:found:expected:)``.
  public init(
    context: String? = nil, clean: [Bool], attacks: [SampleOutcomes], worst: [Bool]? = nil, certified: [Bool]? = nil
  ) throws {
    var levels: [[SampleOutcomes]] = [[SampleOutcomes(MeasureName.clean, clean)], attacks]
    if let worst { levels.append([SampleOutcomes(MeasureName.worst, worst)]) }
    if let certified { levels.append([SampleOutcomes(MeasureName.certified, certified)]) }
    for outcomes in levels.joined() where outcomes.correct.count != clean.count {
      throw ResultsError.unequalSamples(
        measure: outcomes.measure, found: outcomes.correct.count, expected: clean.count)
    }
    checked = clean.count
    violations = []
    for sample in clean.indices {
      for (level, harsherOnes) in levels.enumerated() {
        for harsher in harsherOnes where harsher.correct[sample] {
          for milder in levels[..<level].joined() where !milder.correct[sample] {
            violations.append(
              ConsistencyViolation(
                sample: sample, harsher: harsher.measure, milder: milder.measure, context: context))
          }
        }
      }
    }
  }

  /// Adds another check's samples and violations.
  public mutating func merge(_ other: ConsistencyCheck) {
    checked += other.checked
    violations += other.violations
  }
}
