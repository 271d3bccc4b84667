import ImageData
import RandomStreams
import ResidualNets
import Robustness

extension NetworkDescription {
  /// Images that a fresh trunk is fitted to.
  private static let fittedImages = 256

  /// A trunk for the images that it is about to see; its first layer normalises by their statistics.
  /// - Parameter isFitted: whether it is fresh, so that it takes from the images what it begins with.
  func makeTrunk(for images: TaskImages, isFitted: Bool, stream: RandomStream) throws -> any Trunk {
    let trunk = try makeTrunk(
      inputShape: images.shape.inputShape, statistics: PixelStatistics(of: images), stream: stream)
    if isFitted { try trunk.fit(to: images.pixels(images.spread(Self.fittedImages), on: .cpu)) }
    return trunk
  }
}
