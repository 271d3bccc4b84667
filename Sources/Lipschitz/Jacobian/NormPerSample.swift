import TorchCore

/// The L2 norm of each sample of a batch N×…, shaped N×1×… to divide the batch. Each sample is scaled by its largest
/// magnitude first, so that its squares neither overflow nor vanish.
func normPerSample(_ batch: Tensor) throws -> Tensor {
  let (scaled, scale) = try scaledByLargest(batch)
  return try (scaled.norm(2, [1], keepingDimensions: true) * scale).reshaped(broadcastShape(batch))
}

/// Every sample divided by its L2 norm; a sample of zeros stays.
func unit(_ batch: Tensor) throws -> Tensor {
  let (scaled, _) = try scaledByLargest(batch)
  let norms = try scaled.norm(2, [1], keepingDimensions: true)
  return try (scaled / (norms + norms.equal(0))).reshaped(batch.shape)
}

/// N×D with largest magnitude 1 in each row, and those magnitudes N×1.
private func scaledByLargest(_ batch: Tensor) throws -> (scaled: Tensor, scale: Tensor) {
  let rows = try batch.flattened()
  let scale = try rows.norm(.infinity, [1], keepingDimensions: true)
  return (try rows / (scale + scale.equal(0)), scale)
}

private func broadcastShape(_ batch: Tensor) -> [Int] {
  [batch.size(0)] + [Int](repeating: 1, count: batch.rank - 1)
}
