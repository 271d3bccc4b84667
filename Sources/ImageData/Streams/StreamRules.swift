/// What the tasks of a stream must fulfil, whatever they were made of; each rule with the error that says what to do.
enum StreamRules {
  /// At least two tasks, or one that classes of a folder make up, of at least two classes, each class with images to
  /// train on and to test on.
  static func check(_ stream: TaskStream) throws {
    let path = stream.folders.map(\.root).joined(separator: ", ")
    // One task of a class split is ordinary training, which can be attacked and bounded like any other.
    if stream.tasks.count < 2 && stream.kind != .classSplit {
      throw DataError(
        code: .badData, path: path,
        reason: "fewer than two tasks in it, and a stream is a sequence",
        advice: "Use fewer classes per task, or list more domains, angles, degradations or folders.")
    }
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

  /// Folders of one stream have images of one shape.
  ///
  /// - Parameter path: names the whole in the error.
  static func checkShapes(_ folders: [(name: String, images: ImageFolder)], path: String) throws {
    guard let first = folders.first else { return }
    let a = first.images.train.shape
    for other in folders.dropFirst() where other.images.train.shape != a {
      let b = other.images.train.shape
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
