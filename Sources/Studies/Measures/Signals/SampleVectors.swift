import TorchCore

/// ‖h‖₂ of each sample of N×…, as a vector.
func sampleNorms(_ h: Tensor) throws -> Tensor { try h.flattened().norm(2, [1]) }

/// cos(a, b) of each sample of two batches N×…, as a vector; 0 where one of them is zero.
func sampleCosines(_ a: Tensor, _ b: Tensor) throws -> Tensor {
  let norms = try sampleNorms(a) * sampleNorms(b)
  let dots = try (a * b).flattened().sum([1])
  // 0/1 where a norm, and with it the product, is zero.
  return try dots / (norms + norms.equal(0).to(norms.dtype))
}
