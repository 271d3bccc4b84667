import TorchCore

/// Keeps the norm of a layer at or below a budget by its shape alone: W ↦ c·D W with D diagonal over outputs,
/// D_oo = (Σ_p |W Wᵀ|_op)^(−1/2), or the same with W D over inputs.
///
/// Source: Prach & Lampert 2022, theorems 1 (matrices) and 2 (convolutions). The norm of what comes out is at most c
/// for any W, and c where W's rows (or columns) are orthogonal. Of the two sides the one with fewer members is taken,
/// since only that one can be orthogonal. Nothing is estimated, so nothing is kept; what rounding adds to c is in the
/// bound of the deployed weights.
public final class AlmostOrthogonalConstraint: NormConstraint {
  public let budget: Double

  public init(budget: Double) { self.budget = budget }

  public func copy() -> any NormConstraint { AlmostOrthogonalConstraint(budget: budget) }

  public func constrain(matrix weight: Tensor, _ mode: Mode) throws -> Tensor {
    let w = try normalized(weight)
    return w.size(0) <= w.size(1)
      ? try w * scale(of: w.matmul(w.transposed()).abs().sum([1], keepingDimensions: true))
      : try w * scale(of: w.transposed().matmul(w).abs().sum([0], keepingDimensions: true))
  }

  /// Groups are operators of their own. Zero padding and the end of the image take rows and columns away from the
  /// operator on an endless image, which is the one that is kept at c.
  public func constrain(
    kernel weight: Tensor, _ geometry: ConvolutionGeometry, _ inputSize: [Int], _ mode: Mode
  ) throws -> Tensor {
    guard geometry.dilation == [1, 1] else {
      throw DescriptionError("an almost orthogonal convolution has dilation 1, not \(geometry.dilation)")
    }
    let outputs = weight.size(0) / geometry.groups
    let parts = try (0..<geometry.groups).map {
      try constrain(group: normalized(weight.narrowed(0, from: $0 * outputs, count: outputs)), geometry.stride)
    }
    return try parts.count == 1 ? parts[0] : Tensor.concatenated(parts)
  }

  private func constrain(group weight: Tensor, _ stride: [Int]) throws -> Tensor {
    let split = try spaceToDepth(weight, stride)
    let (outputs, inputs, phases) = (weight.size(0), weight.size(1), stride[0] * stride[1])
    guard outputs > inputs * phases else {
      return try weight * scale(of: correlationSums(split)).reshaped([-1, 1, 1, 1])
    }
    // The places of a window differ in what they are read by, and the weight has one factor for all of a channel's.
    let sums = try correlationSums(split.permuted([1, 0, 2, 3])).reshaped([inputs, phases]).max([1])
    return try weight * scale(of: sums).reshaped([1, -1, 1, 1])
  }

  /// The kernel of stride 1 that reads the image with each window of s×s pixels as one of s² times as many channels.
  private func spaceToDepth(_ weight: Tensor, _ stride: [Int]) throws -> Tensor {
    guard stride != [1, 1] else { return weight }
    let (outputs, inputs) = (weight.size(0), weight.size(1))
    let taps = zip(weight.shape[2...], stride).map { ($0 + $1 - 1) / $1 }
    return try weight.padded(
      left: 0, right: taps[1] * stride[1] - weight.size(3), top: 0, bottom: taps[0] * stride[0] - weight.size(2)
    )
    .reshaped([outputs, inputs, taps[0], stride[0], taps[1], stride[1]]).permuted([0, 1, 3, 5, 2, 4])
    .reshaped([outputs, inputs * stride[0] * stride[1]] + taps)
  }

  /// Σ |⟨kernel o, kernel p moved by δ⟩| over all p and δ, for each o: the row sums of |A Aᵀ| on an endless image.
  private func correlationSums(_ kernels: Tensor) throws -> Tensor {
    let reach = ConvolutionGeometry(
      stride: [1, 1], padding: kernels.shape[2...].map { $0 - 1 }, dilation: [1, 1], groups: 1)
    return try kernels.conv2d(kernels, nil, reach).abs().sum([0, 2, 3])
  }

  /// W over its largest entry, held constant: the scale of W does not matter to what comes out, nor to its derivative,
  /// and no product of entries leaves the range of single precision.
  private func normalized(_ weight: Tensor) throws -> Tensor {
    let largest = try weight.detached().abs().max()
    return try weight / largest.greater(0).select(largest, largest.zerosLike() + 1)
  }

  /// c/√sums, and c where a row is zero or next to it, which adds nothing to the norm.
  private func scale(of sums: Tensor) throws -> Tensor {
    try sums.greater(1e-24).select(sums, sums.zerosLike() + 1).rsqrt() * budget
  }

  public func visit(_ members: inout Members) {}
}
