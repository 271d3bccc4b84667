import ResidualNets
import TorchCore

extension Session {
  /// Gives a task that is learned room for the statistics by which it is inferred, where the rule needs any.
  func addStatistics(_ lesson: Lesson) throws {
    guard rule?.readsFeatures == true, case .task(let task, let classCount) = lesson else { return }
    try models.addStatistics(of: task, classes: classCount)
  }

  /// Takes these statistics from the task's training images.
  func measureStatistics(_ lesson: Lesson) throws {
    guard case .task(let task, _) = lesson, let statistics = models.parts[task].statistics else { return }
    try statistics.measure(stream.tasks[task].train, through: FrozenFeatures(models.trunk, on: material.device))
  }

  /// How tasks 0…task are told apart with what is there now; nil where nobody has to.
  func scoring(_ task: Int) throws -> (any TaskScoring)? {
    let statistics = models.parts[0...task].compactMap(\.statistics)
    func features() throws -> FrozenFeatures { try FrozenFeatures(models.trunk, on: material.device) }
    return switch rule {
    case nil: nil
    case .entropy: EntropyScoring()
    case .energy: EnergyScoring()
    case .logit: LogitScoring()
    case .featureMean: try FeatureMeanScoring(features(), statistics)
    case .gate: try GateScoring(features(), statistics, stream: root.stream("gate").stream(task))
    }
  }
}
