import ImageData

/// Which output is right for each class of each task. Outputs are numbered through all tasks, so that a number says
/// which head gives it.
struct OutputLayout: Hashable {
  let scenario: Scenario
  /// For each task and class of it the number of the output that is right. Those of a task and the tasks before it come
  /// before all others.
  let outputs: [[Int]]
  /// Whether anybody says which task is being learned.
  let announcesTasks: Bool

  /// - Throws: `RunError.unusable` for tasks of different numbers of classes that are to share their outputs.
  init(_ stream: TaskStream, _ scenario: Scenario) throws {
    self.scenario = scenario
    announcesTasks = stream.online == nil
    let tasks = stream.tasks.map(\.classes)
    switch scenario {
    case .task:
      var first = 0
      outputs = tasks.map { classes in
        defer { first += classes.count }
        return Array(first..<first + classes.count)
      }
    case .domain where stream.scenario != .domainIncremental:
      guard Set(tasks.map(\.count)).count == 1 else {
        throw RunError.unusable(
          reason: "strategy.scenario domain-incremental gives all tasks the same outputs, and these tasks have "
            + "\(tasks.map { "\($0.count)" }.joined(separator: ", ")) classes")
      }
      outputs = tasks.map { Array($0.indices) }
    case .domain, .classes:
      var numbers: [Int: Int] = [:]
      outputs = tasks.map { classes in
        classes.map { name in
          if let number = numbers[name] { return number }
          defer { numbers[name] = numbers.count }
          return numbers.count
        }
      }
    }
  }

  /// Whether each task has a head of its own.
  var hasOwnHeads: Bool { scenario == .task }

  /// Whether tasks have outputs in common, so that an answer says nothing of the task.
  var sharesOutputs: Bool { Set(outputs.joined()).count < outputs.reduce(0) { $0 + $1.count } }

  /// How many outputs all tasks have.
  var count: Int { seen(outputs.count - 1) }

  /// How many outputs the tasks 0…task have: the first so many.
  func seen(_ task: Int) -> Int { (outputs[...task].joined().max() ?? -1) + 1 }

  /// Images of some tasks, with the numbers of their outputs.
  func images(of tasks: Range<Int>, in stream: TaskStream) -> JoinedImages {
    JoinedImages(stream.tasks[tasks].map(\.train), outputs: Array(outputs[tasks]))
  }
}
