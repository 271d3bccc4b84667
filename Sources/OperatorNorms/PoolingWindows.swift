import TorchCore

/// The square windows of a pooling layer on an image of one size, and the constants of pooling over them in L2.
public struct PoolingWindows: Sendable, Hashable {
  public let kernel: Int
  public let stride: Int
  /// Zeros on each side, which a maximum never picks.
  public let padding: Int
  /// Height and width of the input.
  public let inputSize: [Int]

  /// - Throws: ``OperatorNormError/invalidOperator(_:)`` where the windows do not fit.
  public init(kernel: Int, stride: Int, padding: Int = 0, inputSize: [Int]) throws {
    guard kernel > 0, stride > 0, padding >= 0, padding <= kernel / 2, inputSize.count == 2,
      inputSize.allSatisfy({ $0 > 0 && $0 < 1 << 20 && $0 + 2 * padding >= kernel })
    else {
      throw OperatorNormError.invalidOperator(
        "a window of \(kernel), stride \(stride), padding \(padding) does not fit \(inputSize)")
    }
    (self.kernel, self.stride, self.padding, self.inputSize) = (kernel, stride, padding, inputSize)
  }

  /// The exact Lipschitz constant of the maximum, √m with m the most windows that share a pixel: ⌈k/s⌉ where the image
  /// is large enough. It is reached where that pixel is the largest.
  public var maximumNorm: Double {
    let most = inputSize.map(mostWindows)
    return most[0] == most[1] ? Double(most[0]) : Double(most[0] * most[1]).squareRootUp
  }

  /// The norm of the mean, padding counted as zeros, rounded up: the product of those along both axes, since each
  /// channel's matrix is their Kronecker product. Windows that do not overlap have exactly 1/k; otherwise the norm of
  /// an axis is that of its matrix, and on long axes √⌈k/s⌉/√k, which borders do not lower by much.
  public func meanNorm() throws -> Double {
    let axes = try inputSize.map { size in
      let windows = (size + 2 * padding - kernel) / stride + 1
      let most = mostWindows(size)
      guard most > 1, size * windows <= Self.largestMatrix else {
        return Double(most * kernel).squareRootUp
      }
      return try OperatorNorm.upperBound(ofMatrix: membership(size, windows))
    }
    // Of sums; the mean divides by k on each axis.
    return (axes[0].timesUp(axes[1]) / Double(kernel * kernel)).nextUp
  }

  private static let largestMatrix = 1 << 16

  /// Along one axis: the most windows that contain one position.
  private func mostWindows(_ size: Int) -> Int {
    let last = (size + 2 * padding - kernel) / stride
    return (padding..<padding + size).map { position in
      let first = max(0, position - kernel + stride) / stride
      return max(0, min(last, position / stride) - first + 1)
    }.max() ?? 0
  }

  /// Windows × positions: 1 where a position is in a window.
  private func membership(_ size: Int, _ windows: Int) throws -> Tensor {
    var entries = [Double](repeating: 0, count: windows * size)
    for window in 0..<windows {
      let start = window * stride - padding
      for position in max(0, start)..<min(size, start + kernel) { entries[window * size + position] = 1 }
    }
    return try Tensor(entries, [windows, size])
  }
}
