import RandomStreams

/// A sequence of tasks.
public struct TaskStream: Sendable {
  public typealias Kind = StreamDescription.Kind

  /// The order in which classes are dealt to tasks.
  public enum ClassOrder: Sendable, Hashable {
    /// As in the folder.
    case natural
    /// A permutation drawn here and now from the stream.
    case seeded(RandomStream)
    /// These classes, by name; others are left out.
    case given([String])
  }

  /// How the tasks came about.
  public let kind: Kind
  /// At least one.
  public let tasks: [ImageTask]
  /// Every class that any task has; tasks share a class only if it means the same in both.
  public let classes: [String]
  /// What the images were read from.
  public let folders: [ImageFolder]
  /// In words, for people.
  public let description: String
  /// What everything random was drawn from; nil where nobody said.
  public internal(set) var seed: UInt64?
  /// How the stream is to be passed through, where that is once and without boundaries.
  public internal(set) var online: StreamDescription.Online?

  init(
    kind: Kind, tasks: [ImageTask], classes: [String], folders: [ImageFolder], description: String
  ) {
    self.kind = kind
    self.tasks = tasks
    self.classes = classes
    self.folders = folders
    self.description = description
  }

  /// The shape that all images share.
  public var shape: ImageShape { tasks[0].train.shape }

  /// Whether any class is in two tasks.
  public var sharesClasses: Bool {
    var seen: Set<Int> = []
    return tasks.contains { task in task.classes.contains { !seen.insert($0).inserted } }
  }

  /// What a learner has to tell apart in the end.
  public var scenario: StreamScenario {
    let first = Set(tasks[0].classes)
    if tasks.count > 1 && tasks.allSatisfy({ Set($0.classes) == first }) { return .domainIncremental }
    return sharesClasses ? .mixed : .classIncremental
  }
}

/// The scenarios of continual learning (van de Ven and Tolias, "Three scenarios for continual learning", 2019). The
/// third, task-incremental, is any of these with the identity of the task given.
public enum StreamScenario: String, Sendable, Hashable, Codable {
  /// Each task has classes of its own.
  case classIncremental = "class-incremental"
  /// All tasks have the same classes.
  case domainIncremental = "domain-incremental"
  /// Some classes come again and others do not: neither of the two.
  case mixed
}
