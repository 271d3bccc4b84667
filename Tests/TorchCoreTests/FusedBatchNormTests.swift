import RandomStreams
import Testing
import TorchCore

/// Batch norm with its ReLU in one operation (fp32, channels last) against libtorch's two in double precision.
@TorchActor
@Suite struct FusedBatchNormTests {
  init() throws { try Torch.setThreads(1) }

  /// What a norm was given and what it made of it.
  private struct Outcome {
    let output: Tensor
    /// Of the input, the weight and the bias.
    let slopes: [Tensor]
    /// Of the sum of squared slopes of the input, with respect to input and weight.
    let curvatures: [Tensor]
    let mean: Tensor
    let variance: Tensor
  }

  private func normalize(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor, _ seed: Tensor, training: Bool, activating: Bool = false
  ) throws -> Outcome {
    let channels = x.size(1)
    let mean = try Tensor.full(0.25, [channels], dtype: x.dtype)
    let variance = try Tensor.full(2.25, [channels], dtype: x.dtype)
    let leaves = try [x, weight, bias].map { try $0.asLeaf() }
    func output() throws -> Tensor {
      try leaves[0].batchNorm(
        weight: leaves[1], bias: leaves[2], mean: mean, variance: variance, training: training, momentum: 0.1,
        epsilon: 1e-5, activating: activating)
    }
    let y = try output()
    let (movedMean, movedVariance) = try (mean.clone(), variance.clone())
    let slopes = try gradients(of: (y * seed).sum(), withRespectTo: leaves).map { try #require($0) }
    let recorded = try gradients(of: (output() * seed).sum(), withRespectTo: [leaves[0]], recordingGraph: true)
    let squares = try #require(recorded[0]).squared().sum()
    // In evaluation the slope does not depend on the input.
    let curvatures = try gradients(of: squares, withRespectTo: [leaves[0], leaves[1]]).enumerated().map {
      try $0.element ?? leaves[$0.offset].zerosLike()
    }
    return Outcome(output: y, slopes: slopes, curvatures: curvatures, mean: movedMean, variance: movedVariance)
  }

  /// Largest difference, in units of the largest expected value.
  private func difference(_ actual: Tensor, _ expected: Tensor) throws -> Double {
    let largest = try expected.abs().max().item()
    return try (actual.to(.float64) - expected).abs().max().item() / max(largest, 1e-3)
  }

  @Test(arguments: [1, 2, 3, 5, 8, 12, 16, 33, 64, 65, 130], [true, false])
  func equalsNormAndReLUOneByOne(channels: Int, training: Bool) throws {
    for (number, activating) in [true, false, true].enumerated() {
      let stream = RandomStream(seed: 11).stream("\(channels) \(training) \(number)")
      // Sizes that leave a rest in every chunk; the second case is one image of one row.
      let shape = [[7, channels, 9, 11], [1, channels, 1, 5], [2, channels, 19, 23]][number]
      let offset = number == 2 ? 30.0 : 0.5
      let x = try Tensor.normal(shape, stream.stream("x"), dtype: .float64) * 1.5 + offset
      let weight = try uniform([channels], stream.stream("weight"), 0.5, 1.5)
      let bias = try uniform([channels], stream.stream("bias"), -0.5, 0.5)
      let (x32, weight32, bias32) = try (x.to(.float32), weight.to(.float32), bias.to(.float32))
      // A value within rounding of the kink may fall on either side of it, so no gradient comes from there.
      let values = try normalize(x, weight, bias, Tensor.ones(shape, dtype: .float64), training: training).output
      let isClear = try values.abs().greater(1e-3).to(.float64)
      let seed32 = try (uniform(shape, stream.stream("seed"), -1, 1) * isClear).to(.float32)

      let expected = try normalize(
        x32.to(.float64), weight32.to(.float64), bias32.to(.float64), seed32.to(.float64), training: training,
        activating: activating)
      let actual = try normalize(
        x32.channelsLast(), weight32, bias32, seed32, training: training, activating: activating)

      let label = "\(channels) channels, \(shape), training \(training), activating \(activating)"
      let rounding = offset > 1 ? 1e-4 : 1e-5
      #expect(try difference(actual.output, expected.output) < rounding, "\(label)")
      #expect(try difference(actual.mean, expected.mean) < 1e-6, "\(label)")
      #expect(try difference(actual.variance, expected.variance) < 1e-5, "\(label)")
      for (slope, reference) in zip(actual.slopes, expected.slopes) {
        #expect(try difference(slope, reference) < 10 * rounding, "\(label)")
      }
      for (curvature, reference) in zip(actual.curvatures, expected.curvatures) {
        #expect(try difference(curvature, reference) < 100 * rounding, "\(label)")
      }
    }
  }

  @Test func theSameBytesWhateverTheThreads() throws {
    let stream = RandomStream(seed: 12)
    let x = try Tensor.normal([32, 8, 28, 28], stream.stream("x")).channelsLast()
    let (weight, bias) = try (Tensor.ones([8]), Tensor.zeros([8]))
    let seed = try Tensor.normal(x.shape, stream.stream("seed")).channelsLast()
    let threads = Torch.threads
    defer { try? Torch.setThreads(threads) }
    let outcomes = try [1, 2].map { count in
      try Torch.setThreads(count)
      return try normalize(x, weight, bias, seed, training: true, activating: true)
    }
    #expect(try outcomes[0].output.floats() == outcomes[1].output.floats())
    #expect(try outcomes[0].mean.floats() == outcomes[1].mean.floats())
    for (one, two) in zip(outcomes[0].slopes, outcomes[1].slopes) { #expect(try one.floats() == two.floats()) }
  }

  @Test func whatIsNotANumberStaysThat() throws {
    var values = [Float](repeating: 1, count: 2 * 3 * 4 * 4)
    values[0] = .nan
    let y = try Tensor(values, [2, 3, 4, 4]).channelsLast().batchNorm(
      weight: Tensor.ones([3]), bias: Tensor.zeros([3]), mean: Tensor.zeros([3]), variance: Tensor.ones([3]),
      training: false, momentum: 0.1, epsilon: 1e-5, activating: true)
    #expect(try y.floats().filter(\.isNaN).count == 1)
  }

  /// Without the ReLU nothing stops a gradient, whatever the value; behind it nothing passes that the ReLU stopped.
  @Test func infinitiesAndTheirGradients() throws {
    for activating in [false, true] {
      let x = try Tensor([-Float.infinity, 1, -2, 3] as [Float], [1, 1, 2, 2]).asLeaf()
      let bias = try Tensor.zeros([1]).asLeaf()
      let seed = try Tensor([1, 1, .infinity, 1] as [Float], [1, 1, 2, 2])
      func output() throws -> Tensor {
        try x.batchNorm(
          weight: Tensor.ones([1]), bias: bias, mean: Tensor.zeros([1]), variance: Tensor.ones([1]), training: false,
          momentum: 0.1, epsilon: 0, activating: activating)
      }
      let expected: Float = activating ? 2 : .infinity
      let first = try gradients(of: output(), seed: seed, withRespectTo: [x, bias])
      let recorded = try gradients(of: output(), seed: seed, withRespectTo: [x, bias], recordingGraph: true)
      for slopes in [first, recorded] {
        #expect(try #require(slopes[0]).floats() == (activating ? [0, 1, 0, 1] : [1, 1, .infinity, 1]))
        #expect(try #require(slopes[1]).floats() == [expected])
      }
    }
  }

  @Test func gradientsThatLieOtherwiseInMemory() throws {
    let x = try Tensor.normal([2, 3, 4, 5], RandomStream(seed: 13)).channelsLast().asLeaf()
    let y = try x.batchNorm(
      weight: Tensor.ones([3]), bias: Tensor.zeros([3]), mean: Tensor.zeros([3]), variance: Tensor.ones([3]),
      training: false, momentum: 0.1, epsilon: 0, activating: true)
    // The gradient of a mean is one number, expanded; that of a product with row-major images lies row by row.
    let slope = try #require(
      try gradients(of: y.mean(), seed: Tensor.ones([]), withRespectTo: [x], retainingGraph: true)[0])
    let passes = try x.detached().greater(0).to(.float32)
    #expect(try slope.floats() == (passes * (1 / 120.0)).floats())
    let seed = try Tensor.normal([2, 3, 4, 5], RandomStream(seed: 14))
    let other = try #require(try gradients(of: (y * seed).sum(), withRespectTo: [x])[0])
    #expect(try other.floats() == (passes * seed).floats())
  }
}
