import ImageData
import TorchCore

extension Tensor {
  /// Images as N×C×H×W in [0, 1], fp32. The samples lie in channels-last order already, so nothing is rearranged; of
  /// 8-bit images bytes rather than floats travel to the device.
  ///
  /// - Parameter samples: count images of the shape, one after another.
  public init(samples: [UInt8], count: Int, shape: ImageShape, on device: Device = .cpu) throws {
    let lying = [count, shape.height, shape.width, shape.channels]
    self =
      switch shape.depth {
      case .eight: try Tensor(samples, lying).to(device).permuted([0, 3, 1, 2]).to(.float32) / 255
      case .sixteen: try Tensor(shape.depth.fractions(samples), lying).to(device).permuted([0, 3, 1, 2])
      }
  }
}
