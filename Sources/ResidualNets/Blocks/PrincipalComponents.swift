import TorchCore

/// The projection that keeps most of the variance of a convolution's windows.
enum PrincipalComponents {
  /// The leading eigenvectors of the windows' covariance as a kernel out×in×k×k, for a convolution whose windows do not
  /// overlap. Where there are more outputs than window pixels, the rest is zero.
  /// - Parameter h: N×C×H×W.
  static func kernel(of convolution: Conv2d, seeing h: Tensor) throws -> Tensor {
    let weight = convolution.weight.value
    let (outputs, pixels) = (weight.size(0), weight.count / weight.size(0))
    let windows = try windows(of: h, convolution)
    let centred = try windows - windows.mean([0], keepingDimensions: true)
    let covariance = try centred.transposed().matmul(centred) / Double(max(1, windows.size(0)))
    let vectors = try covariance.symmetricEigenvectors().vectors.flipped([1]).transposed()
    let kept = min(outputs, pixels)
    let rows = try vectors.narrowed(0, from: 0, count: kept)
    let padded =
      kept == outputs
      ? rows : try Tensor.concatenated([rows, Tensor.zeros([outputs - kept, pixels], dtype: .float64)])
    return try padded.reshaped(weight.shape).to(weight.dtype).to(weight.device)
  }

  /// One row a window, in float64: an identity kernel reads them off.
  static func windows(of h: Tensor, _ convolution: Conv2d) throws -> Tensor {
    let shape = Array(convolution.weight.value.shape[1...])
    let pixels = shape.reduce(1, *)
    let identity = try Tensor.eye(pixels, dtype: .float64).reshaped([pixels] + shape)
    return try h.doublesOnCPU().conv2d(identity, nil, convolution.geometry)
      .permuted([0, 2, 3, 1]).reshaped([-1, pixels])
  }
}
