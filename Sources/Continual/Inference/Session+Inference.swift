import ResidualNets
import TorchCore

extension Session {
  /// Gives a task that is learned room for the statistics by which it is inferred, where the rule needs any.
  func addStatistics(_ lesson: Lesson) throws {
    guard rule?.readsFeatures == true, case .task(let task, let classCount) = lesson else { return }
    try models.addStatistics(to: models.parts[task], classes: classCount)
  }

  /// Takes these statistics from the task's training images.
  func measureStatistics(_ lesson: Lesson) throws {
    guard case .task(let task, _) = lesson, let statistics = try models.parts[task].statistics else { return }
    try statistics.measure(stream.tasks[task].train, through: FrozenFeatures(models.trunk, on: material.device))
  }

  /// How tasks 0…task are told apart with what is there now; nil where nobody has to.
  func scoring(_ task: Int) throws -> (any TaskScoring)? {
    func features() throws -> FrozenFeatures { try FrozenFeatures(models.trunk, on: material.device) }
    return switch rule {
    case nil: nil
    case .entropy: EntropyScoring()
    case .energy: EnergyScoring()
    case .logit: LogitScoring()
    case .featureMean: try FeatureMeanScoring(features(), models.statistics(through: task))
    case .gate: try GateScoring(features(), models.statistics(through: task), stream: root.stream("gate").stream(task))
    }
  }
}
