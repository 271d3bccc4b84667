import ImageData
import TorchCore

extension ImageSet {
  /// Pixels of some images as a network takes them: N×C×H×W in [0, 1], fp32, lying in memory as N×H×W×C.
  ///
  /// - Parameter indices: in `0..<count`; images come in this order.
  /// - Throws: ``RobustnessError/imageOutOfRange(index:count:)``, `DataError`, `TorchError`.
  public func pixels(_ indices: [Int], on device: Device) throws -> Tensor {
    if let index = indices.first(where: { !(0..<count).contains($0) }) {
      throw RobustnessError.imageOutOfRange(index: index, count: count)
    }
    return try Tensor(samples: gather(indices), count: indices.count, shape: shape, on: device)
  }
}

extension LabelledImages {
  /// Pixels of the images at some places as a network takes them: N×C×H×W in [0, 1], fp32, lying in memory as N×H×W×C.
  ///
  /// - Parameter places: in `0..<count`; images come in this order.
  /// - Throws: ``RobustnessError/imageOutOfRange(index:count:)``, `DataError`, `TorchError`.
  public func pixels(_ places: some Collection<Int>, on device: Device) throws -> Tensor {
    if let place = places.first(where: { !(0..<count).contains($0) }) {
      throw RobustnessError.imageOutOfRange(index: place, count: count)
    }
    return try Tensor(samples: gather(Array(places)), count: places.count, shape: shape, on: device)
  }
}

extension Tensor {
  /// Images as N×C×H×W in [0, 1], fp32. The samples lie in channels-last order already, so nothing is rearranged; of
  /// 8-bit images bytes rather than floats travel to the device.
  ///
  /// - Parameter samples: count images of the shape, one after another.
  public init(samples: [UInt8], count: Int, shape: ImageShape, on device: Device = .cpu) throws {
    let lying = [count, shape.height, shape.width, shape.channels]
    let values =
      switch shape.depth {
      case .eight: try Tensor(samples, lying).to(device).permuted([0, 3, 1, 2]).to(.float32) / 255
      case .sixteen: try Tensor(shape.depth.fractions(samples), lying).to(device).permuted([0, 3, 1, 2])
      }
    self = values
  }
}
