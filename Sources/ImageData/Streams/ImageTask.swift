/// One task of a sequence: some classes and their images.
public struct ImageTask: Sendable {
  public let name: String
  /// Indices into the stream's classes; the position of a class is its output of the task's head.
  public let classes: [Int]
  /// Their names, in the same order.
  public let classNames: [String]
  public let train: TaskImages
  public let test: TaskImages

  public init(name: String, classes: [Int], classNames: [String], train: TaskImages, test: TaskImages) {
    self.name = name
    self.classes = classes
    self.classNames = classNames
    self.train = train
    self.test = test
  }
}
