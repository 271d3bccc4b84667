import RandomStreams
import Testing
import TorchCore

@testable import OperatorNorms

@TorchActor @Suite struct ConvolutionNormTests {
  @Test func randomConvolutionsLieBetweenTheirBounds() throws {
    var (plain, strided) = ([Double](), [Double]())
    for seed in 0..<600 {
      let convolution = try RandomConvolution(seed: seed, plain: seed % 4 == 0).convolution
      let exact = try exactNorm(convolution)
      let upper = try OperatorNorm.upperBound(of: convolution)
      let lower = try OperatorNorm.lowerBound(
        of: convolution, iterations: 20, stream: RandomStream(seed: UInt64(seed)))
      #expect(upper >= exact * (1 - 1e-13), "seed \(seed): bound \(upper) below the norm \(exact)")
      #expect(lower <= exact * (1 + 1e-13), "seed \(seed): bound \(lower) above the norm \(exact)")
      #expect(lower >= exact * 0.5, "seed \(seed): lower bound \(lower) is far from \(exact)")
      if convolution.geometry.stride == [1, 1] { plain.append(upper / exact) } else { strided.append(upper / exact) }
    }
    #expect(plain.count >= 150 && strided.count >= 300)
    #expect(median(plain) <= 1.001 && median(strided) <= 1.001)
  }

  /// The spectrum alone, which the small operators above do not need, against the same explicit matrices.
  @Test func theSpectrumIsAnUpperBoundByItself() throws {
    for seed in 1000..<1600 {
      let convolution = try RandomConvolution(seed: seed, plain: seed % 4 == 0).convolution
      let exact = try exactNorm(convolution)
      let bound = try spectrum(convolution)
      #expect(bound >= exact * (1 - 1e-13), "seed \(seed): bound \(bound) below the norm \(exact)")
    }
  }

  /// Bit for bit, whatever order a set or a dictionary takes on the way.
  @Test func theSpectrumIsRepeatable() throws {
    for seed in 2000..<2020 {
      let convolution = try RandomConvolution(seed: seed, sizes: 10...14, plain: false).convolution
      let bounds = try (0..<6).map { _ in try spectrum(convolution) }
      #expect(Set(bounds).count == 1, "seed \(seed): \(bounds)")
    }
  }

  /// From a dozen pixels on, the borders cost little.
  @Test func theSpectrumIsTight() throws {
    var (plain, strided) = ([Double](), [Double]())
    for seed in 3000..<3120 {
      let convolution = try RandomConvolution(seed: seed, sizes: 10...14, plain: seed % 4 == 0).convolution
      let exact = try exactNorm(convolution)
      let bound = try spectrum(convolution)
      #expect(bound >= exact * (1 - 1e-13), "seed \(seed): bound \(bound) below the norm \(exact)")
      if convolution.geometry.stride == [1, 1] { plain.append(bound / exact) } else { strided.append(bound / exact) }
    }
    print("spectrum at 10 to 14 pixels: median \(median(plain)) at stride 1, \(median(strided)) strided")
    #expect(median(plain) <= 1.12, "median ratio \(median(plain)) of \(plain.count)")
    #expect(median(strided) <= 1.10, "median ratio \(median(strided)) of \(strided.count)")
  }

  @Test func everyOtherBoundHoldsToo() throws {
    for seed in 2000..<2300 {
      let convolution = try RandomConvolution(seed: seed).convolution
      let exact = try exactNorm(convolution)
      let symbol = try ConvolutionSymbol(convolution)
      let sums = try OperatorNorm.rootOfSums(symbol, symbol.absoluteSums())
      let unfolded = try OperatorNorm.unfoldedBound(convolution).value
      #expect(sums >= exact * (1 - 1e-13), "seed \(seed): sums \(sums) below the norm \(exact)")
      #expect(unfolded >= exact * (1 - 1e-13), "seed \(seed): unfolded \(unfolded) below the norm \(exact)")
    }
  }

  /// Large inputs are sampled at fewer frequencies than a torus needs, and the bound is corrected for it.
  @Test func coarseSamplingStaysAbove() throws {
    for seed in 0..<20 {
      let stream = RandomStream(seed: UInt64(seed)).stream("wide")
      let weight = try Tensor.normal([1, 1, 1, 2 + seed % 5], stream, dtype: .float64)
      let convolution = try ConvolutionOperator(
        weight: weight,
        geometry: ConvolutionGeometry(stride: [1, 1 + seed % 2], padding: [0, 2], dilation: [1, 1], groups: 1),
        inputSize: [1, 400])
      let exact = try exactNorm(convolution)
      let bound = try spectrum(convolution)
      #expect(bound >= exact * (1 - 1e-13) && bound <= exact * 1.003, "seed \(seed): \(bound) for \(exact)")
    }
  }

  private func spectrum(_ convolution: ConvolutionOperator) throws -> Double {
    let symbol = try ConvolutionSymbol(convolution)
    return try #require(try OperatorNorm.spectrumBound(symbol, absoluteSums: symbol.absoluteSums())).value
  }

  /// [−1, 2, −1] ⊗ [−1, 2, −1] on 3×3: (2 + √2)² = 11.66, while the transform at the input's size says
  /// max_k (2 − 2 cos 2πk/3)² = 9.
  @Test func theCounterexampleToTheCircularBound() throws {
    let weight = try Tensor([1.0, -2, 1, -2, 4, -2, 1, -2, 1], [1, 1, 3, 3])
    let convolution = try ConvolutionOperator(weight: weight, geometry: .init(padding: 1), inputSize: [3, 3])
    let exact = (2 + 2.0.squareRoot()) * (2 + 2.0.squareRoot())
    for bound in [try OperatorNorm.upperBound(of: convolution), try spectrum(convolution)] {
      #expect(bound >= exact && bound <= 16 * (1 + 1e-9), "bound \(bound)")
    }
    #expect(try OperatorNorm.upperBound(of: convolution) <= exact * (1 + 1e-6))
  }

  @Test func theAdjointIsTheAdjoint() throws {
    for seed in 0..<200 {
      let convolution = try RandomConvolution(seed: seed + 5000).convolution
      let stream = RandomStream(seed: UInt64(seed)).stream("vectors")
      let input = [2, convolution.inputChannels] + convolution.inputSize
      let x = try Tensor.normal(input, stream.stream("x"), dtype: .float64)
      let y = try Tensor.normal(
        [2, convolution.outputChannels] + convolution.outputSize, stream.stream("y"), dtype: .float64)
      let (left, right) = (try convolution.apply(x) * y, try x * convolution.adjoint(y))
      #expect(try convolution.adjoint(y).shape == input)
      let (a, b, size) = (try left.sum().item(), try right.sum().item(), try left.abs().sum().item())
      #expect(abs(a - b) <= 1e-13 * (size + 1), "seed \(seed + 5000): ⟨Ax, y⟩ = \(a), ⟨x, A*y⟩ = \(b)")
    }
  }

  @Test func closedForms() throws {
    func bound(_ weight: Tensor, _ geometry: ConvolutionGeometry, _ size: Int) throws -> Double {
      try OperatorNorm.upperBound(
        of: ConvolutionOperator(weight: weight, geometry: geometry, inputSize: [size, size]))
    }
    func close(_ bound: Double, _ exact: Double) -> Bool { bound >= exact && bound <= exact * (1 + 1e-6) }
    // A centre tap of 1 in every diagonal channel: the identity, on small and large inputs.
    var identity = [Double](repeating: 0, count: 16 * 16 * 9)
    for channel in 0..<16 { identity[(channel * 16 + channel) * 9 + 4] = 1 }
    #expect(close(try bound(Tensor(identity, [16, 16, 3, 3]), .init(padding: 1), 32), 1))
    // Averages of disjoint 2×2 blocks: 1/2, and 2×2 sums: 2.
    #expect(close(try bound(.full(0.25, [1, 1, 2, 2], dtype: .float64), .init(stride: 2), 64), 0.5))
    #expect(close(try bound(.full(1, [1, 1, 2, 2], dtype: .float64), .init(stride: 2), 64), 2))
    // An average over 3×3 has norm at most 1, and nearly 1 on a large input.
    let average = try bound(.full(1.0 / 9, [1, 1, 3, 3], dtype: .float64), .init(padding: 1), 100)
    #expect(average > 0.998 && average <= 1 + 1e-9)
    // 1×1: the norm of the channel matrix, here diagonal, whatever the size.
    let diagonal = try Tensor([3.0, 0, 0, 0, -7, 0, 0, 0, 5], [3, 3, 1, 1])
    #expect(close(try bound(diagonal, .init(), 50), 7))
    #expect(close(try bound(diagonal, .init(stride: 2), 51), 7))
    // Groups: the largest one's norm.
    #expect(close(try bound(Tensor([3.0, -4], [2, 1, 1, 1]), .init(groups: 2), 80), 4))
    #expect(try bound(.zeros([4, 4, 3, 3]), .init(padding: 1), 32) == 0)
  }

  /// Weights near the ends of the range of doubles scale the bound and nothing else.
  @Test func extremeWeights() throws {
    for seed in 0..<10 {
      let plain = try RandomConvolution(seed: seed).convolution
      let bound = try OperatorNorm.upperBound(of: plain)
      for power in [-900, -300, 300, 900] {
        let factor = Double(sign: .plus, exponent: power, significand: 1)
        let scaled = try ConvolutionOperator(
          weight: plain.weight * factor, geometry: plain.geometry, inputSize: plain.inputSize)
        let ratio = try OperatorNorm.upperBound(of: scaled) / factor / bound
        #expect(abs(ratio - 1) < 1e-12, "seed \(seed), 2^\(power)")
      }
    }
  }

  @Test func refusals() throws {
    let weight = try Tensor.ones([2, 1, 3, 3])
    func isRefused(_ weight: Tensor, _ geometry: ConvolutionGeometry, _ size: [Int]) -> Bool {
      do {
        _ = try OperatorNorm.upperBound(
          of: ConvolutionOperator(weight: weight, geometry: geometry, inputSize: size))
        return false
      } catch { return error is OperatorNormError }
    }
    #expect(isRefused(weight, .init(), [2, 2]), "a kernel larger than its input")
    #expect(isRefused(weight, .init(stride: 0), [8, 8]))
    #expect(isRefused(weight, .init(padding: -1), [8, 8]))
    #expect(isRefused(weight, .init(groups: 3), [8, 8]))
    #expect(isRefused(weight, .init(stride: [1], padding: [0, 0], dilation: [1, 1], groups: 1), [8, 8]))
    #expect(isRefused(weight, .init(padding: .max), [8, 8]))
    #expect(isRefused(try weight.reshaped([2, 9]), .init(), [8, 8]))
    for bad in [Double.nan, .infinity] {
      #expect(isRefused(try Tensor([1, bad], [2, 1, 1, 1]), .init(), [8, 8]), "\(bad) in the weights")
    }
  }
}
