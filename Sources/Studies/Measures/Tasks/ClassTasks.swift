import TorchCore

/// Some classes of a study's images as a task of its own, their labels counted from 0.
struct ClassTask {
  let train: LabelledTensors
  let test: LabelledTensors
  let classCount: Int

  /// - Parameter classes: of the images.
  init(_ images: StudyImages, classes: Range<Int>) throws {
    func part(_ data: LabelledTensors) throws -> LabelledTensors {
      let own = try data.selecting(data.labels.indices.filter { classes.contains(data.labels[$0]) })
      return try LabelledTensors(pixels: own.pixels, labels: own.labels.map { $0 - classes.lowerBound })
    }
    train = try part(images.train)
    test = try part(images.test)
    classCount = classes.count
  }
}

extension StudyImages {
  /// Tasks of successive classes, the first ones larger by a class where the classes do not divide evenly.
  /// - Throws: ``StudyError/unusable(_:)`` where a task would have fewer than two classes.
  func classTasks(_ count: Int) throws -> [ClassTask] {
    guard count >= 1, classCount >= 2 * count else {
      throw StudyError.unusable("\(count) tasks need \(2 * count) classes, not \(classCount): use another image folder")
    }
    let ends = (0...count).map { ($0 * classCount + count - 1) / count }
    return try zip(ends, ends.dropFirst()).map { try ClassTask(self, classes: $0..<$1) }
  }
}
