import Results

/// What has been measured so far: the rows of the evaluation tensor, and the last row image by image.
struct EvaluationRecord: Codable, Equatable {
  var accuracy: [MeasuredAccuracy] = []
  var consistency = ConsistencyCheck()
  /// After each task: how often the task of an image is inferred.
  var inference: [Tally?] = []
  /// How often attacks moved it; nil in checkpoints of versions that did not look.
  var movedInference: [MovedInference]?
  /// The radii that were asked for, whether or not the networks have a bound.
  var radii: [Rational] = []
  /// What else was asked of certificates; nil in checkpoints of versions that did not know it.
  var certification: Configuration.Certification?
  /// Of the last row: how far certificates reach; nil in checkpoints of versions that did not look.
  var certificates: [CertificateRecord]?
  /// Of the last row: gradients that were exactly zero.
  var zeroGradients: [ZeroGradients] = []
  /// Of the last row.
  var curves: [CurveRecord] = []
  var attackSeconds = 0.0
  var boundSeconds = 0.0

  init(tasks: Int) { inference = Array(repeating: nil, count: tasks) }

  /// Whether all of it is of as many tasks.
  var agreesOnTasks: Bool {
    let tasks = inference.count
    return accuracy.allSatisfy { $0.accuracy.tasks == tasks }
      && (movedInference ?? []).allSatisfy { $0.inferred.count == tasks && $0.moved.count == tasks }
  }

  /// Makes room for a row: what is kept of the last one alone goes.
  mutating func begin(_ settings: Configuration.Evaluation) {
    zeroGradients = []
    curves = []
    certificates = []
    radii = settings.certify
    certification = settings.certification
  }

  mutating func record(_ key: MeasureKey, _ outcomes: [Bool], after row: Int, on column: Int) {
    record(key, Tally(outcomes), after: row, on: column)
  }

  mutating func record(_ key: MeasureKey, _ tally: Tally, after row: Int, on column: Int) {
    if let slice = accuracy.firstIndex(where: { $0.key == key }) {
      accuracy[slice].record(tally, after: row, on: column)
    } else {
      var measured = MeasuredAccuracy(key, tasks: inference.count)
      measured.record(tally, after: row, on: column)
      accuracy.append(measured)
    }
  }

  /// Of the images of all tasks seen that were attacked, those whose task was inferred clean, and of these those whose
  /// task an attack moved.
  mutating func record(_ key: MeasureKey, inferred: Tally, moved: Tally, after row: Int) {
    var all = movedInference ?? []
    let place =
      all.firstIndex { ($0.measure, $0.norm, $0.epsilon) == (key.measure, key.norm, key.epsilon) } ?? all.count
    if place == all.count {
      all.append(MovedInference(measure: key.measure, norm: key.norm, epsilon: key.epsilon, tasks: inference.count))
    }
    all[place].inferred[row] = inferred
    all[place].moved[row] = moved
    movedInference = all
  }
}
