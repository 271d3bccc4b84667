/// The images of one task for one purpose, as the task sees them.
public struct TaskImages: Sendable {
  public let images: ImageSet
  /// Into `images`.
  public let indices: [Int]
  /// For each of `indices` the output of the task's head that is right.
  public let targets: [Int]
  /// What the task does to pixels before anyone sees them.
  public let view: PixelView

  /// How many images.
  public var count: Int { indices.count }

  public var shape: ImageShape { images.shape }

  /// - Precondition: as many targets as indices, and every index in the range of the set.
  public init(_ images: ImageSet, indices: [Int], targets: [Int], view: PixelView = .stored) {
    precondition(indices.count == targets.count, "each image of a task has one target")
    self.images = images
    self.indices = indices
    self.targets = targets
    self.view = view
  }

  /// The samples of the images at some places of `indices`: places.count × height × width × channels.
  ///
  /// - Precondition: every place is in `0..<count`.
  /// - Throws: `DataError` where their pixels cannot be had any more.
  public func gather(_ places: some Sequence<Int>) throws -> [UInt8] {
    let chosen = places.map { indices[$0] }
    var pixels = try images.gather(chosen)
    try view.apply(to: &pixels, shape: shape, images: chosen)
    return pixels
  }

  /// The image at a place, as the task sees it.
  ///
  /// - Precondition: `place` is in `0..<count`.
  /// - Throws: `DataError` where its pixels cannot be had any more.
  public func image(_ place: Int) throws -> Image { Image(trusted: shape, pixels: try gather([place])) }

  /// The file of the image at a place, relative to its folder.
  public func path(_ place: Int) -> String { images.paths[indices[place]] }

  /// At most so many places, spread evenly over all images, which stand class by class.
  public func spread(_ limit: Int) -> [Int] { evenlySpread(limit, over: count) }
}

extension TaskImages {
  /// Every image of a set, each with its label as the target.
  public init(_ images: ImageSet) {
    self.init(images, indices: Array(images.labels.indices), targets: images.labels)
  }

  /// The images of a set that are of some classes, in the set's order.
  ///
  /// - Parameter classes: labels of the set; the position of a label is its target.
  public init(_ images: ImageSet, of classes: [Int], view: PixelView = .stored) {
    let output = Dictionary(zip(classes, classes.indices)) { first, _ in first }
    let chosen = images.labels.indices.filter { output[images.labels[$0]] != nil }
    self.init(images, indices: chosen, targets: chosen.compactMap { output[images.labels[$0]] }, view: view)
  }

  /// The same images, seen in another way.
  func seen(as view: PixelView) -> TaskImages { TaskImages(images, indices: indices, targets: targets, view: view) }
}

/// At most so many of the numbers `0..<count`, spread evenly over them.
package func evenlySpread(_ limit: Int, over count: Int) -> [Int] {
  let size = min(max(limit, 0), count)
  return (0..<size).map { $0 * count / size }
}
