import TorchCore

extension Operation {
  /// What it is, in a few words; sizes that are the same in rows and columns once.
  package var kind: String {
    switch self {
    case .normalize: "normalisation of pixels"
    case .convolution(let weight, _, let geometry):
      "convolution \(weight.size(2))×\(weight.size(3))" + Self.stride(geometry.stride)
        + (geometry.groups == 1 ? "" : ", \(geometry.groups) groups")
    case .linear: "linear"
    case .affine: "scale and shift"
    case .groupNorm(let groups, _, _, _): "group norm of \(groups)"
    case .layerNorm: "layer norm"
    case .relu: "ReLU"
    case .maxMin: "MaxMin"
    case .gelu: "GELU"
    case .patches: "patches as tokens"
    case .offset: "constant added"
    case .attention(let heads): "attention of \(heads) \(heads == 1 ? "head" : "heads")"
    case .tokenMean: "mean over tokens"
    case .maxPool(let kernel, let stride, _): "max pool \(kernel)×\(kernel)" + Self.stride([stride, stride])
    case .averagePool(let kernel, let stride, _): "average pool \(kernel)×\(kernel)" + Self.stride([stride, stride])
    case .globalAveragePool: "mean over positions"
    case .flatten: "flatten"
    case .residual: "residual block"
    case .scale(let factor): "times \(factor)"
    case .highway: "highway block"
    case .implicit: "backward Euler block"
    }
  }

  /// Nothing for a stride of 1.
  private static func stride(_ stride: [Int]) -> String {
    let isSquare = Set(stride).count == 1
    return isSquare && stride.first == 1
      ? "" : "/" + (isSquare ? stride.prefix(1) : stride[...]).map(String.init).joined(separator: "×")
  }

  /// Uses of a weight for one sample with this output; nil of what has no such weight. A bias, a norm, an activation,
  /// an addition and the products of attention, which use no weight, count as nothing.
  func multiplyAdds(output: SampleShape) -> Int? {
    switch self {
    // Each output is a sum over one row of the weight.
    case .convolution(let weight, _, _), .linear(let weight, _): output.count * (weight.count / max(1, weight.size(0)))
    default: nil
    }
  }

  /// Numbers in its constants that a network of PyTorch's learns.
  var learnedConstants: Int {
    switch self {
    case .convolution(let weight, let bias, _), .linear(let weight, let bias): weight.count + (bias?.count ?? 0)
    default: 0
    }
  }
}
