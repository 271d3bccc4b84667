import ImageData
import TorchCore

extension ImageSet {
  /// Pixels of some images as N×C×H×W in [0, 1], fp32, channels-last: the bytes lie in that order already, so nothing is
  /// rearranged.
  func pixels(_ indices: [Int], on device: Device) throws -> Tensor {
    let bytes = try Tensor(gather(indices), [indices.count, height, width, channels])
    return try bytes.to(device).permuted([0, 3, 1, 2]).to(.float32) / 255
  }
}

extension ImageTask {
  /// The outputs of this task's head that belong to images of these classes.
  func targets(_ labels: [Int]) -> [Int] {
    // A task's images are of its classes by construction of the stream.
    labels.map { classes.firstIndex(of: $0) ?? 0 }
  }
}
