import RandomStreams
import Testing
import TorchCore

/// A convolution with a matrix in its centre tap, and 1×1 convolutions that skip pixels, against plain convolutions.
@TorchActor
@Suite struct CenterTapTests {
  private struct Case: Sendable {
    let kernel: Int
    let stride: Int
    let size: [Int]
    var dilation = 1
  }

  private nonisolated static let cases = [
    Case(kernel: 1, stride: 1, size: [4, 5]), Case(kernel: 3, stride: 1, size: [5, 4]),
    Case(kernel: 3, stride: 2, size: [7, 8]), Case(kernel: 5, stride: 3, size: [8, 9]),
    Case(kernel: 1, stride: 2, size: [7, 6]), Case(kernel: 3, stride: 2, size: [9, 7], dilation: 2),
  ]

  /// Output, slopes, and the gradients of the sum of their squares.
  private func everything(
    _ values: [Tensor], _ seed: Tensor, _ apply: ([Tensor]) throws -> Tensor
  ) throws -> [Tensor] {
    let leaves = try values.map { try $0.asLeaf() }
    let output = try apply(leaves)
    let slopes = try gradients(of: (output * seed).sum(), withRespectTo: leaves).map { try #require($0) }
    let recorded = try gradients(
      of: (apply(leaves).squared() * seed).sum(), withRespectTo: leaves, recordingGraph: true)
    var squares = try Tensor.zeros([], dtype: seed.dtype)
    for slope in recorded { squares = try squares + #require(slope).squared().sum() }
    let curvatures = try gradients(of: squares, withRespectTo: leaves).map { try #require($0) }
    return [output] + slopes + curvatures
  }

  @Test(arguments: [DType.float32, .float64]) func equalsTheSumOfTwoConvolutions(dtype: DType) throws {
    for (number, subject) in Self.cases.enumerated() {
      let stream = RandomStream(seed: 21).stream(number)
      let geometry = ConvolutionGeometry(
        stride: subject.stride, padding: subject.dilation * (subject.kernel / 2), dilation: subject.dilation)
      let x = try uniform([3, 4] + subject.size, stream.stream("x"), -1, 1).channelsLast()
      let weight = try uniform([6, 4, subject.kernel, subject.kernel], stream.stream("weight"), -1, 1)
      let matrix = try uniform([6, 4], stream.stream("matrix"), -1, 1)
      let bias = try uniform([6], stream.stream("bias"), -1, 1)
      let output = subject.size.map { ($0 - 1) / subject.stride + 1 }
      let seed = try uniform([3, 6] + output, stream.stream("seed"), -1, 1)

      let expected = try everything([x, weight, matrix, bias], seed) {
        // One pixel in each stride is chosen here by indices, where the operation chooses it by strides.
        var pixels = $0[0]
        for axis in [2, 3] {
          let kept = Array(stride(from: 0, to: subject.size[axis - 2], by: subject.stride))
          pixels = try pixels.selecting(axis, Tensor(indices: kept))
        }
        return try $0[0].conv2d($0[1], $0[3], geometry) + pixels.conv2d($0[2].reshaped([6, 4, 1, 1]))
      }
      let actual = try everything([x, weight, matrix, bias].map { try $0.to(dtype) }, seed.to(dtype)) {
        try $0[0].conv2d($0[1], $0[3], geometry, adding: $0[2])
      }
      let tolerance = dtype == .float64 ? 1e-11 : 2e-4
      for (index, (one, other)) in zip(actual, expected).enumerated() {
        let scale = try max(1, other.abs().max().item())
        #expect(
          try (one.to(.float64) - other).abs().max().item() <= tolerance * scale, "case \(number), value \(index)")
      }
    }
  }

  @Test func refusesAKernelWithoutACentre() throws {
    let x = try Tensor.zeros([1, 2, 4, 4])
    let matrix = try Tensor.zeros([3, 2])
    for (kernel, padding) in [(2, 1), (3, 0)] {
      #expect(throws: TorchError.self) {
        try x.conv2d(Tensor.zeros([3, 2, kernel, kernel]), nil, ConvolutionGeometry(padding: padding), adding: matrix)
      }
    }
    #expect(throws: TorchError.self) {
      try x.conv2d(Tensor.zeros([3, 2, 3, 3]), nil, ConvolutionGeometry(padding: 1), adding: Tensor.zeros([2, 3]))
    }
  }
}
