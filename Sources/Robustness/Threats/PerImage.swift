import TorchCore

extension Tensor {
  /// One value a sample, N, as N×1×1×1.
  func perImage() throws -> Tensor { try reshaped([-1, 1, 1, 1]) }
}

/// One value a sample, fp64, N×1×1×1.
func perImage(_ values: [Double], on device: Device) throws -> Tensor {
  try Tensor(values, [values.count, 1, 1, 1]).to(device)
}
