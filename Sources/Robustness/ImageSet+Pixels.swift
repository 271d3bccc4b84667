import ImageData
import TorchCore

extension ImageSet {
  /// Pixels of some images as a network takes them: N×C×H×W in [0, 1], fp32, lying in memory as N×H×W×C.
  ///
  /// - Parameter indices: in `0..<count`; images come in this order.
  /// - Throws: ``RobustnessError/imageOutOfRange(index:count:)``, `TorchError`.
  public func pixels(_ indices: [Int], on device: Device) throws -> Tensor {
    if let index = indices.first(where: { !(0..<count).contains($0) }) {
      throw RobustnessError.imageOutOfRange(index: index, count: count)
    }
    return try Tensor(
      imageBytes: gather(indices), count: indices.count, channels: channels, height: height, width: width, on: device)
  }
}

extension Tensor {
  /// 8-bit images as N×C×H×W in [0, 1], fp32. The bytes lie in channels-last order already, so nothing is rearranged,
  /// and bytes rather than floats travel to the device.
  ///
  /// - Parameter bytes: count × height × width × channels.
  init(
    imageBytes bytes: [UInt8], count: Int, channels: Int, height: Int, width: Int, on device: Device = .cpu
  ) throws {
    let levels = try Tensor(bytes, [count, height, width, channels])
    self = try levels.to(device).permuted([0, 3, 1, 2]).to(.float32) / 255
  }
}
