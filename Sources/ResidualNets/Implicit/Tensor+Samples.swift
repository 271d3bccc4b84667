import TorchCore

// Samples lie along the first dimension; each has its own norm and inner product, kept as N×1×…×1.

extension Tensor {
  /// N: the number of samples.
  var sampleCount: Int { size(0) }

  /// ⟨a, b⟩ of each sample.
  func sampleProduct(_ other: Tensor) throws -> Tensor {
    try (self * other).sum(Array(1..<rank), keepingDimensions: true)
  }

  /// ‖a‖₂ of each sample.
  func sampleNorm() throws -> Tensor { try norm(2, Array(1..<rank), keepingDimensions: true) }

  /// One small vector a sample, in double precision: N×1.
  func sampleColumn() throws -> Tensor { try reshaped([sampleCount, 1]).to(.float64) }
}
