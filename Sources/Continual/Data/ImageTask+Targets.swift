import ImageData

extension ImageTask {
  /// The outputs of this task's head that belong to images of these classes.
  /// - Throws: `RunError.unusable` for a class that is none of the task's.
  func targets(_ labels: [Int]) throws -> [Int] {
    let output = Dictionary(zip(classes, classes.indices)) { first, _ in first }
    return try labels.map { label in
      guard let place = output[label] else {
        throw RunError.unusable(
          reason: "task \(name) holds an image of class \(label), which is none of its classes \(classes)")
      }
      return place
    }
  }
}
