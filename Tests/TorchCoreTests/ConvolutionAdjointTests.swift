import RandomStreams
import Testing
import TorchCore

@TorchActor
@Suite struct ConvolutionAdjointTests {
  /// ⟨A x, y⟩ = ⟨x, A* y⟩ for random kernels, strides, paddings, dilations, groups and sizes.
  @Test func innerProductsAgree() throws {
    for seed in 0..<150 as Range<UInt64> {
      let stream = RandomStream(seed: seed)
      var random = stream.stream("geometry").generator
      func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
      let groups = draw(1...3)
      let geometry = ConvolutionGeometry(
        stride: [draw(1...3), draw(1...3)], padding: [draw(0...3), draw(0...3)], dilation: [draw(1...2), draw(1...2)],
        groups: groups)
      let kernel = [draw(1...4), draw(1...4)]
      let size = (0..<2).map { geometry.dilation[$0] * (kernel[$0] - 1) + 1 + draw(0...6) }
      let (inputs, outputs) = (groups * draw(1...2), groups * draw(1...2))
      let x = try uniform([2, inputs] + size, stream.stream("x"))
      let weight = try uniform([outputs, inputs / groups] + kernel, stream.stream("weight"))

      let image = try x.conv2d(weight, nil, geometry)
      #expect(Array(image.shape[2...]) == geometry.outputSize(size, kernel: kernel), "seed \(seed)")
      let y = try uniform(image.shape, stream.stream("y"))
      let back = try y.conv2dAdjoint(weight, geometry, inputSize: size)
      try #require(back.shape == x.shape, "seed \(seed)")
      let (left, right) = try ((image * y).sum().item(), (x * back).sum().item())
      #expect(abs(left - right) <= 1e-10 * max(1, abs(left)), "seed \(seed): \(left) and \(right)")
    }
  }

  /// A convolution by the definition, with loops.
  @Test func equalsTheDefinition() throws {
    for seed in 0..<20 as Range<UInt64> {
      let stream = RandomStream(seed: seed)
      var random = stream.stream("geometry").generator
      let (stride, padding, dilation) = (
        Int.random(in: 1...3, using: &random), Int.random(in: 0...2, using: &random),
        Int.random(in: 1...2, using: &random)
      )
      let (height, width, kernel) = (7, 6, 3)
      let x = try uniform([1, 1, height, width], stream.stream("x"))
      let weight = try uniform([1, 1, kernel, kernel], stream.stream("weight"))
      let output = try x.conv2d(
        weight, nil, ConvolutionGeometry(stride: stride, padding: padding, dilation: dilation))
      let (pixels, taps, result) = try (x.doubles(), weight.doubles(), output.doubles())
      let columns = output.size(3)
      for index in result.indices {
        var sum = 0.0
        for (i, tap) in taps.enumerated() {
          let row = index / columns * stride - padding + dilation * (i / kernel)
          let column = index % columns * stride - padding + dilation * (i % kernel)
          if (0..<height).contains(row), (0..<width).contains(column) { sum += tap * pixels[row * width + column] }
        }
        #expect(abs(sum - result[index]) < 1e-12, "seed \(seed)")
      }
    }
  }

  /// Weight gradients of few channels in the memory order that training uses, where a library once wrote past its
  /// buffers: in single precision, against double.
  @Test func singlePrecisionGradientsOfFewChannels() throws {
    for seed in 0..<60 as Range<UInt64> {
      let stream = RandomStream(seed: seed)
      var random = stream.stream("geometry").generator
      let kernel = [1, 1, 3][Int.random(in: 0...2, using: &random)]
      let geometry = ConvolutionGeometry(stride: Int.random(in: 1...3, using: &random), padding: kernel / 2)
      let x = try uniform([5, Int.random(in: 1...9, using: &random), 12, 11], stream.stream("x"))
      let weight = try uniform([Int.random(in: 1...17, using: &random), x.size(1), kernel, kernel], stream.stream("w"))
      let output = try x.conv2d(weight, nil, geometry)
      #expect(Array(output.shape[2...]) == geometry.outputSize([12, 11], kernel: [kernel, kernel]))
      let slope = try uniform(output.shape, stream.stream("slope"))
      func slopes(_ dtype: DType) throws -> [Tensor?] {
        let leaves = try [x.to(dtype).channelsLast().asLeaf(), weight.to(dtype).asLeaf()]
        return try gradients(
          of: leaves[0].conv2d(leaves[1], nil, geometry), seed: slope.to(dtype).channelsLast(), withRespectTo: leaves)
      }
      for (single, double) in try zip(slopes(.float32), slopes(.float64)) {
        let (single, double) = try (#require(single), #require(double))
        #expect(try distance(single, double) < 1e-3, "seed \(seed), kernel \(kernel), \(geometry.stride)")
      }
    }
  }
}
