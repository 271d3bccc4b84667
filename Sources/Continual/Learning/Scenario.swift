/// What a learner is told when it is asked. Source: van de Ven and Tolias, "Three scenarios for continual learning",
/// 2019.
public enum Scenario: String, Sendable, Hashable, Codable, CaseIterable {
  /// Which task an image is of: each task has a head of its own.
  case task = "task-incremental"
  /// Nothing, and the outputs mean the same in every task: one head, as wide as a task has classes.
  case domain = "domain-incremental"
  /// Nothing, and it has to tell all classes apart: one head for the classes of all tasks.
  case classes = "class-incremental"
}
