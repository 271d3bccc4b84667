import ImageData
import ResidualNets

extension PixelStatistics {
  /// Mean and standard deviation per channel over some images.
  init(of images: TaskImages) throws {
    let moments = try ChannelMoments(of: images)
    self.init(mean: moments.mean, measured: moments.standardDeviation)
  }
}
