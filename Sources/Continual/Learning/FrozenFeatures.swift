import ImageData
import ResidualNets
import TensorFiles
import TorchCore

/// The features of a trunk that no longer changes, as it runs in evaluation, in batches of fixed boundaries: the same
/// bits however often they are computed.
struct FrozenFeatures {
  /// Images whose features are computed at a time.
  static let batchSize = 256

  private let features: (Tensor) throws -> Tensor
  private let device: Device

  /// - Parameter trunk: from pixels to features.
  init(trunk: [Stage], _ precision: Precision = .full, device: Device) throws {
    features =
      switch precision {
      case .full: trunk.apply
      case .bf16: try ReducedStages(trunk).apply
      }
    self.device = device
  }

  init(_ trunk: any Trunk, _ precision: Precision = .full, on device: Device) throws {
    try self.init(trunk: trunk.deployedFeatures(), precision, device: device)
  }

  /// N×F in double precision of pixels N×C×H×W.
  func callAsFunction(_ pixels: Tensor) throws -> Tensor { try features(pixels).to(.float64) }

  /// Features N×F of all images in their order, and the places of each batch's.
  func forEachBatch(of images: any LabelledImages, _ body: (Range<Int>, Tensor) throws -> Void) throws {
    try withoutGradients {
      for places in (0..<images.count).batches(of: Self.batchSize) {
        try body(places, features(images.pixels(places, on: device)))
      }
    }
  }
}
