import TorchCore

/// One Boolean a sample as N×1×1×1, on the tensor's device.
func sampleMask(_ flags: [Bool], like tensor: Tensor) throws -> Tensor {
  try Tensor(flags.map { $0 ? 1 : 0 } as [UInt8], [flags.count, 1, 1, 1]).to(tensor.device).greater(0)
}
