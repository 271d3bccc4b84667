import RandomStreams
import Testing
import TorchCore

@testable import OperatorNorms

/// The bounds that certificates are checked by, against explicit matrices and against the bounds that they check.
@TorchActor @Suite struct CheckedNormTests {
  @Test func everyWayIsAboveTheNormAndComesToTheSame() throws {
    try Torch.setThreads(1)
    for seed in 0..<250 {
      let convolution = try RandomConvolution(seed: seed + 7000, plain: seed % 4 == 0).convolution
      let exact = try exactNorm(convolution)
      let symbol = try ConvolutionSymbol(convolution)
      let sums = try symbol.absoluteSums()
      let found: [OperatorNorm.UpperBound] = [
        try OperatorNorm.bound(of: convolution),
        try #require(try OperatorNorm.spectrumBound(symbol, absoluteSums: sums)),
        try OperatorNorm.unfoldedBound(convolution),
        OperatorNorm.UpperBound(value: try OperatorNorm.rootOfSums(symbol, sums), method: .absoluteSums),
      ]
      for bound in found {
        let checked = try OperatorNorm.checkedBound(of: convolution, by: bound.method)
        #expect(checked >= exact * (1 - 1e-13), "seed \(seed + 7000), \(bound.method): \(checked) below \(exact)")
        #expect(checked <= bound.value * (1 + 0x1p-24), "seed \(seed + 7000), \(bound): \(checked)")
        if case .spectrum = bound.method {
          #expect(checked >= bound.value * (1 - 1e-6), "seed \(seed + 7000), \(bound): \(checked)")
        }
      }
    }
  }

  /// At any number of frequencies the check either refuses or gives a bound; the frequencies of ``SampledAxis`` are
  /// never refused, fewer may be.
  @Test func anyNumberOfFrequenciesIsSoundOrRefused() throws {
    var (refused, accepted) = (0, 0)
    for seed in 8000..<8150 {
      let convolution = try RandomConvolution(seed: seed).convolution
      let exact = try exactNorm(convolution)
      var generator = RandomStream(seed: UInt64(seed)).stream("points").generator
      for _ in 0..<4 {
        let points = [Int.random(in: 1...14, using: &generator), Int.random(in: 1...14, using: &generator)]
        do {
          let bound = try OperatorNorm.checkedBound(of: convolution, by: .spectrum(points: points))
          #expect(bound >= exact * (1 - 1e-13), "seed \(seed), \(points): \(bound) below \(exact)")
          accepted += 1
        } catch is OperatorNormError { refused += 1 }
      }
    }
    #expect(refused > 100 && accepted > 100, "\(refused) refused, \(accepted) accepted")
    // [−1, 2, −1]²: the transform at the input's size is no bound.
    let weight = try Tensor([1.0, -2, 1, -2, 4, -2, 1, -2, 1], [1, 1, 3, 3])
    let convolution = try ConvolutionOperator(weight: weight, geometry: .init(padding: 1), inputSize: [3, 3])
    #expect(throws: OperatorNormError.self) {
      try OperatorNorm.checkedBound(of: convolution, by: .spectrum(points: [3, 3]))
    }
  }

  /// Long axes, where the torus is replaced by dense sampling.
  @Test func sampledSpectraAreChecked() throws {
    for seed in 0..<12 {
      let stream = RandomStream(seed: UInt64(seed)).stream("long")
      let convolution = try ConvolutionOperator(
        weight: .normal([2, 1, 1, 2 + seed % 4], stream, dtype: .float64),
        geometry: ConvolutionGeometry(stride: [1, 1 + seed % 2], padding: [0, 2], dilation: [1, 1], groups: 1),
        inputSize: [1, 300])
      let symbol = try ConvolutionSymbol(convolution)
      let bound = try #require(try OperatorNorm.spectrumBound(symbol, absoluteSums: symbol.absoluteSums()))
      let (checked, exact) = try (OperatorNorm.checkedBound(of: convolution, by: bound.method), exactNorm(convolution))
      #expect(
        checked >= exact && checked <= bound.value * (1 + 0x1p-24), "seed \(seed): \(checked), \(bound), \(exact)")
    }
  }

  @Test func matricesAreChecked() throws {
    for seed in 0..<100 {
      let stream = RandomStream(seed: UInt64(seed)).stream("checked")
      let shape = [1 + stream.integer(below: 40, at: 0), 1 + stream.integer(below: 40, at: 1)]
      let matrix = try Tensor.normal(shape, stream.stream("matrix"), dtype: .float64)
      let exact = try matrix.singularValues().max().item()
      let checked = try OperatorNorm.checkedBound(ofMatrix: matrix)
      #expect(checked >= exact * (1 - 1e-13) && checked <= exact * (1 + 1e-10), "seed \(seed): \(checked) for \(exact)")
    }
    let orthogonal = try Tensor.normal([64, 64], RandomStream(seed: 1), dtype: .float64).qr().q
    #expect(abs(try OperatorNorm.checkedBound(ofMatrix: orthogonal) - 1) < 1e-11)
    #expect(try OperatorNorm.checkedBound(ofMatrix: .zeros([3, 4])) == 0)
    #expect(throws: OperatorNormError.self) { try OperatorNorm.checkedBound(ofMatrix: Tensor([Double.nan], [1, 1])) }
  }

  @Test func roundingDown() throws {
    var generator = RandomStream(seed: 9).generator
    for _ in 0..<2000 {
      let (a, b) = (Double.random(in: 0...1e3, using: &generator), Double.random(in: 0...1e-3, using: &generator))
      #expect(a.timesDown(b) <= a.timesUp(b) && a.timesUp(b) <= a.timesDown(b).nextUp)
      #expect((-a.timesDown(b)).addingProduct(a, b) >= 0)
      #expect(a.plusDown(b) <= a.plusUp(b) && a.plusUp(b) <= a.plusDown(b).nextUp)
      #expect(a < 1 || a.plusDown(b) - a <= b)
    }
    #expect(3.0.timesDown(4) == 12 && 3.0.plusDown(4) == 7 && 0.0.timesDown(5) == 0)
  }
}
