import ImageData
import ResidualNets
import TensorFiles
import TorchCore

/// The features of a trunk that no longer changes, as it runs in evaluation, in batches of fixed boundaries: the same
/// bits however often they are computed.
struct FrozenFeatures {
  /// Images whose features are computed at a time.
  static let batchSize = 256

  let trunk: [Stage]
  let device: Device

  /// - Parameter trunk: from pixels to features.
  init(trunk: [Stage], device: Device) {
    self.trunk = trunk
    self.device = device
  }

  init(_ trunk: any Trunk, on device: Device) throws {
    self.init(trunk: try trunk.deployedFeatures(), device: device)
  }

  /// N×F in double precision of pixels N×C×H×W.
  func callAsFunction(_ pixels: Tensor) throws -> Tensor { try trunk.apply(pixels).to(.float64) }

  /// Features N×F of all images in their order, and the places of each batch's.
  func forEachBatch(of images: any LabelledImages, _ body: (Range<Int>, Tensor) throws -> Void) throws {
    try withoutGradients {
      for places in (0..<images.count).batches(of: Self.batchSize) {
        try body(places, trunk.apply(images.pixels(places, on: device)))
      }
    }
  }
}
