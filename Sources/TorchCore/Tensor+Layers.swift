import CTorchShim

/// How a 2-d convolution walks over its input; the same in both directions unless said.
public struct ConvolutionGeometry: Sendable, Hashable, Codable {
  /// In rows and in columns, as are padding and dilation.
  public var stride: [Int]
  /// Zeros on each side.
  public var padding: [Int]
  /// Distance between neighbouring taps; 1 is a dense kernel.
  public var dilation: [Int]
  /// Into how many independent parts the channels fall.
  public var groups: Int

  public init(stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1) {
    self.init(
      stride: [stride, stride], padding: [padding, padding], dilation: [dilation, dilation], groups: groups)
  }

  public init(stride: [Int], padding: [Int], dilation: [Int], groups: Int) {
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// Output height and width for an input of height and width `size` and a kernel of `kernel`; source: PyTorch's
  /// Conv2d.
  public func outputSize(_ size: [Int], kernel: [Int]) -> [Int] {
    (0..<2).map { (size[$0] + 2 * padding[$0] - dilation[$0] * (kernel[$0] - 1) - 1) / stride[$0] + 1 }
  }
}

extension Tensor {
  /// x Wᵀ + b for rows x (N×in), weight out×in, bias out: N×out. Beside x in bfloat16 a weight in float32 is rounded for
  /// the product, and its gradient is float32 again.
  /// - Throws: `TorchError` where the shapes or types do not fit, as every operation on tensors does.
  public func linear(_ weight: Tensor, _ bias: Tensor? = nil) throws -> Tensor {
    try withPointer { x in
      try weight.withPointer { w in try bias.withPointer { b in try Tensor.yielded { sf_linear(x, w, b, $0) } } }
    }
  }

  /// Cross-correlation of N×C×H×W with weight out×(C/groups)×k×k and bias out, zero-padded: N×out×H'×W', the lengths of
  /// ``ConvolutionGeometry/outputSize(_:kernel:)``. Beside x in bfloat16 a weight in float32 is rounded, as in
  /// ``linear(_:_:)``.
  /// - Parameter matrix: out×C, added to the weight's centre tap; its gradient costs what that of a 1×1 kernel does.
  ///   Needs one group, an odd kernel, and windows centred inside the image (padding ⌊k/2⌋ times the
  ///   dilation).
  /// - Parameter activating: takes the ReLU of the result, where libtorch can in the same pass over memory.
  public func conv2d(
    _ weight: Tensor, _ bias: Tensor? = nil, _ geometry: ConvolutionGeometry = .init(), adding matrix: Tensor? = nil,
    activating: Bool = false
  ) throws -> Tensor {
    try withPointer { x in
      try weight.withPointer { w in
        try bias.withPointer { b in
          try matrix.withPointer { a in
            try geometry.stride.withInt64 { stride, _ in
              try geometry.padding.withInt64 { padding, _ in
                try geometry.dilation.withInt64 { dilation, _ in
                  try Tensor.yielded {
                    sf_conv2d(x, w, b, a, stride, padding, dilation, Int64(geometry.groups), activating, $0)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// The adjoint of `conv2d` with the same weight and geometry, for an input of height and width `inputSize`:
  /// N×out×H'×W' → N×C×H×W.
  public func conv2dAdjoint(_ weight: Tensor, _ geometry: ConvolutionGeometry, inputSize: [Int]) throws -> Tensor {
    let kernel = [weight.size(2), weight.size(3)]
    let outputPadding = (0..<2).map { axis in
      inputSize[axis]
        - ((size(axis + 2) - 1) * geometry.stride[axis] - 2 * geometry.padding[axis]
          + geometry.dilation[axis] * (kernel[axis] - 1) + 1)
    }
    return try withPointer { y in
      try weight.withPointer { w in
        try geometry.stride.withInt64 { stride, _ in
          try geometry.padding.withInt64 { padding, _ in
            try geometry.dilation.withInt64 { dilation, _ in
              try outputPadding.withInt64 { extra, _ in
                try Tensor.yielded {
                  sf_conv2d_transposed(y, w, stride, padding, extra, dilation, Int64(geometry.groups), $0)
                }
              }
            }
          }
        }
      }
    }
  }

  /// Batch normalisation of N×C×H×W (or N×C) over all but C; weight, bias, `mean` and `variance` are C long. In
  /// training the batch's own statistics are used and `mean` and `variance` move in place by `momentum`; otherwise they
  /// are used as they are.
  /// - Parameter activating: takes the ReLU of the result, in the same passes over memory.
  public func batchNorm(
    weight: Tensor?, bias: Tensor?, mean: Tensor, variance: Tensor, training: Bool, momentum: Double, epsilon: Double,
    activating: Bool = false
  ) throws -> Tensor {
    try withPointer { x in
      try weight.withPointer { w in
        try bias.withPointer { b in
          try mean.withPointer { m in
            try variance.withPointer { v in
              try Tensor.yielded { sf_batch_norm(x, w, b, m, v, training, momentum, epsilon, activating, $0) }
            }
          }
        }
      }
    }
  }

  /// ReLU(scale ⊙ x + shift) per channel of N×C×H×W (or of the last dimension of anything else), both C long; a nil
  /// scale is 1.
  public func activatedAffine(scale: Tensor?, shift: Tensor) throws -> Tensor {
    try withPointer { x in
      try scale.withPointer { a in
        try shift.withPointer { b in try Tensor.yielded { sf_activated_affine(x, a, b, $0) } }
      }
    }
  }

  /// Normalises each sample of N×C×H×W over each of `groups` equal groups of channels and their positions; weight and
  /// bias are C long. Source: Wu and He 2018.
  /// - Throws: `TorchError` unless `groups` divides C.
  public func groupNorm(groups: Int, weight: Tensor?, bias: Tensor?, epsilon: Double) throws -> Tensor {
    try withPointer { x in
      try weight.withPointer { w in
        try bias.withPointer { b in try Tensor.yielded { sf_group_norm(x, Int64(groups), w, b, epsilon, $0) } }
      }
    }
  }

  /// Normalises over the trailing dimensions, which must be `shape`; weight and bias have that shape too.
  public func layerNorm(_ shape: [Int], weight: Tensor?, bias: Tensor?, epsilon: Double) throws -> Tensor {
    try withPointer { x in
      try weight.withPointer { w in
        try bias.withPointer { b in
          try shape.withInt64 { sizes, rank in
            try Tensor.yielded { sf_layer_norm(x, sizes, rank, w, b, epsilon, $0) }
          }
        }
      }
    }
  }

  /// The largest value of each kernel×kernel window of N×C×H×W; padding never wins.
  public func maxPool2d(kernel: Int, stride: Int, padding: Int = 0) throws -> Tensor {
    try withPointer { x in
      try Tensor.yielded { sf_max_pool2d(x, Int64(kernel), Int64(stride), Int64(padding), $0) }
    }
  }

  /// The mean of each kernel×kernel window of N×C×H×W; padding counts as zeros, as PyTorch does by default.
  public func averagePool2d(kernel: Int, stride: Int, padding: Int = 0) throws -> Tensor {
    try withPointer { x in
      try Tensor.yielded { sf_avg_pool2d(x, Int64(kernel), Int64(stride), Int64(padding), $0) }
    }
  }

  /// N×C×H×W → N×C, the mean over H and W.
  public func globalAveragePool() throws -> Tensor { try mean([2, 3]) }

  /// x·Φ(x), Φ the standard normal distribution (Hendrycks & Gimpel 2016), in its exact form.
  public func gelu() throws -> Tensor { try unary(sf_gelu) }

  /// exp(x) / Σ exp(x) along a dimension, in the same shape; negative dimensions count from the end.
  public func softmax(_ dim: Int) throws -> Tensor {
    try withPointer { x in try Tensor.yielded { sf_softmax(x, Int64(dim), $0) } }
  }

  /// The logarithm of ``softmax(_:)``, computed without forming it, so that it is finite for finite values.
  public func logSoftmax(_ dim: Int) throws -> Tensor {
    try withPointer { x in try Tensor.yielded { sf_log_softmax(x, Int64(dim), $0) } }
  }

  /// Cross-entropy −log softmax(z)_y of logits N×K against int64 labels N: the mean (a scalar), or one loss a sample
  /// (N).
  /// - Throws: `TorchError` for a label outside 0..<K.
  public func crossEntropy(_ labels: Tensor, perSample: Bool = false) throws -> Tensor {
    try withPointer { x in
      try labels.withPointer { y in try Tensor.yielded { sf_cross_entropy(x, y, !perSample, $0) } }
    }
  }
}
