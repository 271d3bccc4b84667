import TorchCore

/// Sums of features by class.
struct ClassSums {
  /// K×F, float64.
  let sums: Tensor
  /// K, float64.
  let counts: Tensor

  /// Adds features N×F, float64, of images of some classes.
  func add(_ features: Tensor, _ classes: [Int]) throws {
    let oneHot = try classes.oneHot(count: counts.count, device: features.device)
    try sums.assign(sums + oneHot.transposed().matmul(features))
    try counts.assign(counts + oneHot.sum([0]))
  }

  /// K×F; zero of a class that was not seen.
  var means: Tensor {
    get throws {
      let least = try Tensor.ones([1], dtype: .float64, device: sums.device)
      return try sums / counts.maximum(least).reshaped([-1, 1])
    }
  }
}

extension [Int] {
  /// N×count, float64: 1 where the column is the row's number.
  func oneHot(count: Int, device: Device) throws -> Tensor {
    let columns = try Tensor(indices: self).to(device).reshaped([-1, 1])
    return try columns.equal(Tensor.arange(count, device: device)).to(.float64)
  }
}
