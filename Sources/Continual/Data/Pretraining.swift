import ImageData

/// What a trunk learns from before the tasks.
struct Pretraining {
  /// Their targets are the outputs of the trunk's own head.
  let images: any LabelledImages
  let classCount: Int
  /// The images as they are stored.
  let source: TaskImages

  /// The classes of a folder of its own.
  init(_ folder: ImageFolder) {
    source = TaskImages(folder.train)
    images = source
    classCount = folder.classes.count
  }

  /// Quarter turns of images whose labels are not looked at (Gidaris et al. 2018).
  /// - Throws: `RunError.unusable` for images that are not square.
  init(turning images: TaskImages) throws {
    source = images
    self.images = try TurnedImages(images)
    classCount = TurnedImages.turns
  }
}
