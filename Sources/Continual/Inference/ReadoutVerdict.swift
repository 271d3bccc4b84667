/// What is left of an image: whether its class is still right, and its task.
struct ReadoutVerdict {
  var isCorrect: Bool
  var isInferred: Bool

  var isOpen: Bool { isCorrect || isInferred }
}

extension [ReadoutVerdict] {
  /// Leaves what stands here and in another verdict on some of the images.
  mutating func meet(_ others: [ReadoutVerdict], at rows: [Int]) {
    for (row, other) in zip(rows, others) {
      self[row].isCorrect = self[row].isCorrect && other.isCorrect
      self[row].isInferred = self[row].isInferred && other.isInferred
    }
  }
}
