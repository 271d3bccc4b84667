/// What a task does to the pixels of its images: drawn when the stream is made, the same in every epoch.
public enum PixelView: Sendable, Hashable {
  case stored

  /// Changes samples in place.
  ///
  /// - Parameters:
  ///   - pixels: images.count images of the shape, one after another.
  ///   - images: the index of each in its set, which names its noise.
  func apply(to pixels: inout [UInt8], shape: ImageShape, images: [Int]) {
    switch self {
    case .stored: return
    }
  }
}
