extension TaskStream {
  /// What there is to learn, line by line, for people.
  public var lines: [String] {
    let used = Set(tasks.flatMap(\.classes)).count
    var lines = [
      "\(kind.rawValue): \(description)",
      "\(used) classes, \(shape), " + (seed.map { "seed \($0)" } ?? "no seed"),
      "\(scenario.rawValue) (van de Ven & Tolias 2019): \(scenario.words)",
    ]
    if let online {
      lines.append("online: a single pass, boundaries not announced, blur \(online.blur)")
    }
    for (number, task) in tasks.enumerated() {
      let view = task.train.view == .stored ? "" : ", \(task.train.view)"
      lines.append(
        "task \(number + 1), \(task.name): \(task.train.count) + \(task.test.count) images of "
          + "\(task.classNames.joined(separator: ", "))\(view)")
    }
    let skipped = folders.reduce(0) { $0 + $1.skipped.count }
    if skipped > 0 { lines.append("\(skipped) files left out") }
    return lines
  }
}

extension StreamScenario {
  fileprivate var words: String {
    switch self {
    case .classIncremental:
      "each task has classes of its own; task-incremental where the task's identity is given"
    case .domainIncremental: "all tasks have the same classes; nothing has to tell tasks apart"
    case .mixed: "some classes come again and others do not, so it is neither class- nor domain-incremental"
    }
  }
}
