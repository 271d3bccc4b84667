import RandomStreams
import Testing
import TorchCore

@testable import OperatorNorms

/// 10⁴ random layers of all sizes, strides, paddings, dilations and groups against their explicit matrices.
@TorchActor @Suite struct TenThousandLayersTests {
  @Test func noBoundIsEverBelow() throws {
    try Torch.setThreads(1)
    var ratios: [String: [Double]] = [:]
    for seed in 100_000..<110_000 {
      let convolution = try RandomConvolution(seed: seed, sizes: 1...4, plain: seed % 4 == 0).convolution
      let exact = try exactNorm(convolution)
      let kind = convolution.geometry.stride == [1, 1] ? "stride 1" : "strided"
      // The bound as a network gets it, and the spectrum that larger layers get.
      let symbol = try ConvolutionSymbol(convolution)
      let spectrum = try OperatorNorm.spectrumBound(symbol, absoluteSums: symbol.absoluteSums())
      for (way, bound) in [
        ("bound", try OperatorNorm.upperBound(of: convolution)), ("spectrum", try #require(spectrum).value),
      ] {
        // An SVD errs by a few units times the size of the matrix.
        #expect(bound >= exact * (1 - 1e-13), "seed \(seed): \(way) \(bound) below the norm \(exact)")
        // Where only padding is read the norm is 0.
        if exact > 0 { ratios["\(way), \(kind)", default: []].append(bound / exact) }
      }
    }
    for (kind, ratios) in ratios.sorted(by: { $0.key < $1.key }) {
      print("\(kind): median \(median(ratios)), largest \(ratios.max() ?? 0), of \(ratios.count)")
    }
    #expect(median(ratios["bound, stride 1"] ?? []) <= 1.12 && median(ratios["bound, strided"] ?? []) <= 1.10)
  }
}
