/// Whether images fit a format.
struct ExportFit {
  let root: String
  let shape: ImageShape
  let labels: [Int]

  init(_ images: ExportImages) {
    root = images.root
    shape = images.shape
    labels = images.labels.numbers
  }

  /// - Throws: `DataError` if samples or labels have more than 8 bits.
  func requireBytes(_ format: String) throws {
    guard shape.depth == .eight else {
      throw fault("\(format) holds 8-bit samples, and these have 16", "Export npy or npz, or decode to 8 bits.")
    }
    guard labels.allSatisfy({ $0 <= 255 }) else {
      throw fault("\(format) holds labels up to 255, and there are \(labels.max() ?? 0)", "Export npy or npz.")
    }
  }

  /// - Throws: `DataError` if images or classes are not such as CIFAR-10 has.
  func requireCIFAR() throws {
    try requireBytes("CIFAR-10")
    guard shape.channels != 4, shape.channels != 2 else {
      throw fault("CIFAR-10 holds no transparency, and these images have some", "Composite them, or export npy or npz.")
    }
    guard shape.height == 32, shape.width == 32, shape.channels == 3, labels.count <= 10,
      labels.allSatisfy({ $0 < 10 })
    else {
      throw fault(
        "CIFAR-10 holds 10 classes of 32 × 32 pixels of 3 channels; these are \(labels.count) classes of \(shape)",
        "Read the folder as RGB at that size, or export another format.")
    }
  }

  private func fault(_ reason: String, _ advice: String) -> DataError {
    DataError(code: .badData, path: root, reason: reason, advice: advice)
  }
}
