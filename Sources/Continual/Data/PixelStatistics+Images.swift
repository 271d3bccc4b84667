import ImageData
import ResidualNets

extension PixelStatistics {
  /// Mean and standard deviation per channel over some images. A constant channel gets a deviation of 1, so that it can
  /// be divided by.
  init(of images: TaskImages) throws {
    let moments = try ChannelMoments(of: images)
    self.init(mean: moments.mean, std: moments.standardDeviation.map { $0 > 1e-6 ? $0 : 1 })
  }
}
