import Foundation
import ImageData
import ResidualNets
import TorchCore

extension PixelStatistics {
  /// Mean and standard deviation per channel over some images. A constant channel gets a deviation of 1, so that it can
  /// be divided by.
  init(of images: TaskImages) throws {
    let chunk = 4096
    let channels = images.shape.channels
    var sum = [Double](repeating: 0, count: channels)
    var squares = sum
    for start in stride(from: 0, to: images.count, by: chunk) {
      let values = try images.pixels(start..<min(start + chunk, images.count), on: .cpu).to(.float64)
      let (s, q) = try (values.sum([0, 2, 3]).doubles(), values.squared().sum([0, 2, 3]).doubles())
      for channel in 0..<channels {
        sum[channel] += s[channel]
        squares[channel] += q[channel]
      }
    }
    let count = Double(images.count * images.shape.height * images.shape.width)
    let mean = sum.map { $0 / count }
    let std = zip(squares, mean).map { square, mean in
      let variance = max(0, square / count - mean * mean)
      return variance > 1e-12 ? variance.squareRoot() : 1
    }
    self.init(mean: mean, std: std)
  }
}
