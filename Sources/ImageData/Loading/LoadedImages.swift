/// The images of a folder, wherever their pixels are kept, not yet divided into sets.
struct LoadedImages: Sendable {
  let shape: ImageShape
  let source: any PixelSource
  /// The files that count, in the listing's order.
  let files: [ListedFile]
  /// For each of them its index in the source.
  let slots: [Int]
  /// Files left out after the listing was made.
  let skipped: [FileNote]
  /// How many files were decoded.
  var decoded = 0
  /// How many images came from a cache.
  var reused = 0
  /// What happened that someone may want to know.
  var notes: [String] = []

  /// The images of some files.
  ///
  /// - Parameter chosen: indices into `files`.
  func set(_ chosen: [Int], classes: [String]) throws -> ImageSet {
    try ImageSet(
      shape: shape, source: SelectedPixels(source: source, slots: chosen.map { slots[$0] }),
      labels: chosen.map { files[$0].entry.label }, classes: classes, paths: chosen.map { files[$0].entry.path })
  }
}
