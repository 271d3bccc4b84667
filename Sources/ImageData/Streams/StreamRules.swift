import Foundation

/// What the tasks of a stream must fulfil, whatever they were made of; each rule with the error that says what to do.
enum StreamRules {
  /// Tasks of at least two classes, each class with images to train on and to test on.
  ///
  /// - Parameter path: names the whole in the error.
  static func check(_ stream: TaskStream, path: String) throws {
    for task in stream.tasks {
      if task.classes.count < 2 {
        throw DataError(
          code: .badData, path: path,
          reason: "task \(task.name) has \(task.classes.count == 1 ? "only one class" : "no classes")",
          advice: "A task needs at least two, or there is nothing to tell apart.")
      }
      for (images, purpose) in [(task.train, "train on"), (task.test, "test on")] {
        let seen = Set(images.targets)
        guard let lacking = task.classes.indices.first(where: { !seen.contains($0) }) else { continue }
        throw DataError(
          code: .badData, path: path,
          reason: "class \(task.classNames[lacking]) of task \(task.name) has no image to \(purpose)",
          advice: "Add some, or leave the class out of the task.")
      }
    }
  }

  /// Fewer tasks than a sequence has. One task that classes are dealt to is none of these: it is ordinary training,
  /// which can be attacked and bounded like any other.
  ///
  /// - Parameter advice: how to come by more.
  static func fewTasks(_ path: String, _ advice: String) -> DataError {
    DataError(
      code: .badData, path: path, reason: "fewer than two tasks in it, and a stream is a sequence", advice: advice)
  }

  /// Folders of one stream are different ones, also by way of links.
  ///
  /// - Parameter path: names the whole in the error.
  static func checkDifferent(_ folders: [(name: String, url: URL)], path: String) throws {
    var seen: [String: String] = [:]
    for folder in folders {
      let real = try ResolvedPath(folder.url.path).real
      if let other = seen[real] {
        throw DataError(
          code: .badData, path: path, reason: "\(other) and \(folder.name) are the same folder",
          advice: "Each folder is one task: leave out one of them.")
      }
      seen[real] = folder.name
    }
  }

  /// Every domain has all classes asked for or, without such a list, all classes of the others.
  static func checkDomains(
    _ found: [(name: String, classes: [String])], using classes: [String] = [], path: String
  ) throws {
    guard let first = found.first else { return }
    let common = found.dropFirst().reduce(Set(first.classes)) { $0.intersection($1.classes) }
    let wanted = classes.isEmpty ? Set(found.flatMap(\.classes)) : Set(classes)
    for domain in found {
      let missing = wanted.subtracting(domain.classes).sorted(by: scalarOrder)
      if missing.isEmpty { continue }
      let listed =
        missing.prefix(5).joined(separator: ", ") + (missing.count > 5 ? " and \(missing.count - 5) more" : "")
      let shared = common.sorted(by: scalarOrder)
      throw DataError(
        code: .badData, path: path, reason: "domain \(domain.name) lacks \(listed)",
        advice: "All domains of a stream have the same classes. "
          + (shared.count < 2
            ? "Leave out a domain, or use kind sequence for folders with classes of their own."
            : "Add them, or list classes that all have: \(shared.joined(separator: ", "))."))
    }
  }

  /// Folders of one stream have images of one shape.
  ///
  /// - Parameter path: names the whole in the error.
  static func checkShapes(_ folders: [(name: String, shape: ImageShape)], path: String) throws {
    guard let first = folders.first else { return }
    let a = first.shape
    for other in folders.dropFirst() where other.shape != a {
      let b = other.shape
      var advice: [String] = []
      if (a.height, a.width) != (b.height, b.width) { advice.append("Set data.decoding.size to give all one size.") }
      if a.channels != b.channels {
        advice.append("Set data.decoding.form to gray or rgb, and data.decoding.alpha to composite.")
      }
      throw DataError(
        code: .badData, path: path,
        reason: "images of \(first.name) are \(a), those of \(other.name) are \(b)",
        advice: advice.joined(separator: " "))
    }
  }
}
