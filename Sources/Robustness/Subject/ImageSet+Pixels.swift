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
