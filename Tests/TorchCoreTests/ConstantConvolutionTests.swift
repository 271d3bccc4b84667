import RandomStreams
import Testing
import TorchCore

/// The gradient of the input where kernels are constants, as attacks take it: on some processors by Winograd's way or
/// window by window.
@TorchActor
@Suite struct ConstantConvolutionTests {
  private let same = ConvolutionGeometry(padding: 1)

  /// The gradient of the input in an element type.
  private func slope(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor, _ geometry: ConvolutionGeometry, seed: Tensor, activating: Bool,
    _ dtype: DType
  ) throws -> Tensor {
    let leaf = try x.to(dtype).channelsLast().asLeaf()
    let y = try leaf.conv2d(
      weight.to(dtype).channelsLast(), bias.to(dtype), geometry, activating: activating)
    return try #require(gradients(of: y, seed: seed.to(dtype), withRespectTo: [leaf])[0])
  }

  /// Against double precision: 3×3 kernels over sizes that tiles of 4×4 fill and do not fill, with a ReLU and without.
  @Test func kernelsOf3x3EqualDoublePrecision() throws {
    for seed in 0..<60 as Range<UInt64> {
      var random = RandomStream(seed: seed).stream("geometry").generator
      func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
      try compareWithDoublePrecision(
        seed, images: draw(1...30), channels: (16 * draw(1...4), 16 * draw(1...4)), size: [draw(3...13), draw(3...13)],
        kernel: [3, 3], same)
    }
  }

  /// The same of any kernel, strided or over few channels, whose windows may reach beyond the image or not to its end.
  @Test func windowsEqualDoublePrecision() throws {
    for seed in 0..<150 as Range<UInt64> {
      var random = RandomStream(seed: seed).stream("geometry").generator
      func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
      let kernel = [draw(1...5), draw(1...5)]
      try compareWithDoublePrecision(
        seed, images: draw(1...5), channels: (draw(1...20), draw(1...40)),
        size: kernel.map { $0 + draw(0...9) }, kernel: kernel,
        ConvolutionGeometry(
          stride: [draw(1...3), draw(1...3)], padding: [draw(0...3), draw(0...3)], dilation: [1, 1], groups: 1))
    }
  }

  private func compareWithDoublePrecision(
    _ seed: UInt64, images: Int, channels: (in: Int, out: Int), size: [Int], kernel: [Int],
    _ geometry: ConvolutionGeometry
  ) throws {
    let stream = RandomStream(seed: seed)
    func drawn(_ shape: [Int], _ name: String) throws -> Tensor {
      try uniform(shape, stream.stream(name)).to(.float32).to(.float64)
    }
    let x = try drawn([images, channels.in] + size, "x")
    let (weight, bias) = try (drawn([channels.out, channels.in] + kernel, "weight"), drawn([channels.out], "bias"))
    let y = try x.conv2d(weight, bias, geometry)
    let slopes = try drawn(y.shape, "slopes")
    // Not where rounding decides what a ReLU lets pass.
    let certain = try y.abs().less(1e-4).select(slopes.zerosLike(), slopes)

    for activating in [false, true] {
      let exact = try slope(x, weight, bias, geometry, seed: certain, activating: activating, .float64)
      let found = try slope(x, weight, bias, geometry, seed: certain, activating: activating, .float32)
      #expect(try found.dtype == .float32 && found.shape == x.shape)
      let error = try (found.to(.float64) - exact).abs().max().item()
      #expect(try error <= 2e-5 * exact.abs().max().item(), "seed \(seed), \(geometry): \(error)")
    }
  }

  /// What a sample gets does not depend on what else is in the batch.
  @Test func samplesStandAlone() throws {
    let stream = RandomStream(seed: 7)
    let (x, weight) = try (uniform([24, 32, 9, 10], stream.stream("x")), uniform([48, 32, 3, 3], stream.stream("w")))
    let (bias, seed) = try (uniform([48], stream.stream("b")), uniform([24, 48, 9, 10], stream.stream("s")))
    let all = try slope(x, weight, bias, same, seed: seed, activating: true, .float32)
    let some = Array(3..<11)
    let index = try Tensor(indices: some)
    let few = try slope(
      x.selecting(0, index), weight, bias, same, seed: seed.selecting(0, index), activating: true, .float32)
    #expect(try few.equal(all.selecting(0, index)).allTrue())
  }

  /// Where the way to a finite gradient leads through numbers that are not, and where the gradient itself is infinite.
  @Test func hugeGradientsStayWhatTheyAre() throws {
    let stream = RandomStream(seed: 3)
    let (x, bias) = try (uniform([8, 16, 8, 8], stream.stream("x")), Tensor.zeros([16], dtype: .float64))
    let weight = try uniform([16, 16, 3, 3], stream.stream("w"))
    let seed = try uniform([8, 16, 8, 8], stream.stream("s")).to(.float32).to(.float64)
    let huge = try slope(x, weight, bias, same, seed: seed * 2e37, activating: false, .float32)
    #expect(try huge.isFinite().allTrue())
    let exact = try slope(
      x, weight.to(.float32), bias, same, seed: (seed * 2e37).to(.float32), activating: false, .float64)
    #expect(try (huge.to(.float64) - exact).abs().max().item() <= 2e-5 * exact.abs().max().item())
    let infinite = try slope(x, weight, bias, same, seed: seed * 1e39, activating: false, .float32)
    #expect(try !infinite.isFinite().booleans().contains(true))
  }

  /// A gradient of the gradient, which penalties on gradients take, in single precision beside double.
  @Test func gradientsOfGradients() throws {
    let stream = RandomStream(seed: 5)
    let (x, weight) = try (uniform([6, 16, 8, 8], stream.stream("x")), uniform([16, 16, 3, 3], stream.stream("w")))
    func second(_ dtype: DType) throws -> Tensor {
      let leaf = try x.to(dtype).channelsLast().asLeaf()
      let y = try leaf.conv2d(weight.to(dtype).channelsLast(), nil, same).squared()
      let first = try #require(gradients(of: y.sum(), withRespectTo: [leaf], recordingGraph: true)[0])
      return try #require(gradients(of: first.squared().sum(), withRespectTo: [leaf])[0])
    }
    let exact = try second(.float64)
    #expect(try (second(.float32).to(.float64) - exact).abs().max().item() <= 1e-4 * exact.abs().max().item())
  }
}
