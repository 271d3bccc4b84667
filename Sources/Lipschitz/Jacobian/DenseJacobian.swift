import TensorFiles
import TorchCore

/// The dense Jacobian of a map at one sample, outputs × inputs, both flattened in row-major order; in x's type.
///
/// The sample is repeated once per output row and each copy pulls back its own unit vector, so a few batched backward
/// passes give all rows, and gradients need not be differentiable themselves.
/// - Parameters:
///   - x: 1×….
///   - rowsAtOnce: copies of the sample in one pass; this many forward and backward passes are held in memory.
///   - map: n×… → n×… for any n, samples not mixing; called for one sample and then for each chunk.
/// - Throws: ``JacobianError`` where x is not one sample, samples do not correspond or gradients are off, and what `map`
///   throws.
public func jacobian(
  at x: Tensor, rowsAtOnce: Int = 128, _ map: (Tensor) throws -> Tensor
) throws -> Tensor {
  guard x.rank > 0, x.size(0) == 1 else {
    throw JacobianError.samples(reason: "the dense Jacobian is that of one sample, and the batch is \(x.shape)")
  }
  try requireRecording()
  let value = try map(x.asLeaf()).detached()
  try requireSamples(value, of: x)
  let (inputs, outputs) = (Array(x.shape.dropFirst()), Array(value.shape.dropFirst()))

  var rows: [Tensor] = []
  for range in (0..<value.count).batches(of: rowsAtOnce) {
    let count = range.count
    let copies = try x.detached().expanded([count] + inputs).contiguous().asLeaf()
    let images = try map(copies)
    guard images.shape == [count] + outputs else {
      throw JacobianError.samples(reason: "\(count) copies of a sample were mapped to \(images.shape)")
    }
    let places = try Tensor(indices: Array(range)).reshaped([count, 1]).to(images.device)
    let units = try Tensor.zeros([count, value.count], dtype: images.dtype, device: images.device)
      .scattering(1, 1, places)
    rows.append(
      try vectorJacobianProduct(units.reshaped(images.shape), images, copies, keepingGraph: false).flattened())
  }
  return try Tensor.concatenated(rows)
}
