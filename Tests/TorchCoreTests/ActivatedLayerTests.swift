import RandomStreams
import Testing
import TorchCore

/// Layers of constants with the ReLU behind them in one operation, against libtorch's two in double precision.
@TorchActor
@Suite struct ActivatedLayerTests {
  init() throws { try Torch.setThreads(1) }

  /// The output, the slope of ⟨seed, output⟩ and the slope of that slope's squared length.
  private func outcome(
    _ x: Tensor, _ seed: Tensor, _ layer: (Tensor) throws -> Tensor
  ) throws -> (output: Tensor, slope: Tensor, curvature: Tensor) {
    let leaf = try x.asLeaf()
    let y = try layer(leaf)
    let slope = try #require(try gradients(of: (y * seed).sum(), withRespectTo: [leaf])[0])
    let squared = try #require(
      try gradients(of: (layer(leaf) * seed).squared().sum(), withRespectTo: [leaf], recordingGraph: true)[0])
    let curvature = try #require(try gradients(of: squared.squared().sum(), withRespectTo: [leaf])[0])
    return (y, slope, curvature)
  }

  private func difference(_ actual: Tensor, _ expected: Tensor) throws -> Double {
    try (actual.to(.float64) - expected).abs().max().item() / max(try expected.abs().max().item(), 1e-3)
  }

  /// Compares a layer in fp32, channels-last, with its two steps in fp64 on inputs whose outputs keep away from the
  /// kink.
  private func compare(
    _ x: Tensor, _ label: String, activated: (Tensor) throws -> Tensor, plain: (Tensor) throws -> Tensor
  ) throws {
    let values = try plain(x.to(.float64))
    let isClear = try values.abs().greater(1e-3).to(.float64)
    let seed = try (Tensor.normal(values.shape, RandomStream(seed: 3).stream(label)) * isClear.to(.float32))
    let expected = try outcome(x.to(.float64), seed.to(.float64)) { try plain($0).relu() }
    let actual = try outcome(x.channelsLast(), seed.channelsLast(), activated)
    #expect(try difference(actual.output, expected.output) < 1e-5, "\(label)")
    #expect(try difference(actual.slope, expected.slope) < 1e-4, "\(label)")
    #expect(try difference(actual.curvature, expected.curvature) < 1e-3, "\(label)")
    // Verdicts are the same bits whether or not the pass is recorded.
    let quiet = try withoutGradients { try activated(x.channelsLast()) }
    #expect(try quiet.host().bytes == actual.output.detached().host().bytes, "\(label)")
  }

  @Test func convolutionsEqualTheirTwoSteps() throws {
    for number in 0..<24 {
      let stream = RandomStream(seed: 5).stream(number)
      let groups = [1, 1, 2][number % 3]
      let (inputs, outputs) = ([1, 3, 4, 16, 20][number % 5] * groups, [2, 8, 16, 17][number % 4] * groups)
      let kernel = [1, 3, 5][number % 3]
      let geometry = ConvolutionGeometry(
        stride: 1 + number % 2, padding: number % 4, dilation: 1 + number / 3 % 2, groups: groups)
      let weight = try Tensor.normal([outputs, inputs / groups, kernel, kernel], stream.stream("weight")) * 0.3
      let bias = number % 7 == 0 ? nil : try Tensor.normal([outputs], stream.stream("bias"))
      let x = try Tensor.normal([1 + number % 4, inputs, 11, 12], stream.stream("x"))
      try compare(
        x, "case \(number): \(inputs) to \(outputs), \(geometry)",
        activated: { try $0.conv2d(weight.channelsLast(), bias, geometry, activating: true) },
        plain: { try $0.conv2d(weight.to(.float64), bias?.to(.float64), geometry) })
    }
  }

  @Test func affineMapsEqualTheirTwoSteps() throws {
    for number in 0..<12 {
      let stream = RandomStream(seed: 7).stream(number)
      let channels = [1, 3, 16, 33, 64, 130][number % 6]
      let scale = number % 4 == 3 ? nil : try Tensor.normal([channels], stream.stream("scale"))
      let shift = try Tensor.normal([channels], stream.stream("shift"))
      let x = try Tensor.normal([2, channels, 9, 7], stream.stream("x"))
      func column(_ values: Tensor) throws -> Tensor { try values.to(.float64).reshaped([1, -1, 1, 1]) }
      try compare(
        x, "case \(number): \(channels) channels", activated: { try $0.activatedAffine(scale: scale, shift: shift) },
        plain: { x in try (scale.map { try x * column($0) } ?? x) + column(shift) })
    }
  }

  /// What the fused forms are not made for goes through libtorch's own operations.
  @Test func otherInputsAreServedToo() throws {
    let x = try Tensor([-1.0, 2, 3, -4] as [Double], [2, 2])
    let y = try x.activatedAffine(
      scale: Tensor([2, -1] as [Double], [2]), shift: Tensor([1, 5] as [Double], [2]))
    #expect(try y.doubles() == [0, 3, 7, 9])
    // NaN stays NaN, so that a broken network shows.
    let broken = try Tensor.full(.nan, [1, 2, 1, 1]).activatedAffine(scale: nil, shift: Tensor.zeros([2]))
    #expect(try broken.doubles().allSatisfy(\.isNaN))
    // A weight that learns keeps its gradient.
    let weight = try Tensor.ones([1, 1, 1, 1]).asLeaf()
    let output = try Tensor.ones([1, 1, 2, 2]).channelsLast().conv2d(weight, nil, activating: true)
    #expect(try gradients(of: output.sum(), withRespectTo: [weight])[0]?.item() == 4)
  }
}
