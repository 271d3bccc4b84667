import Foundation
import RandomStreams
import Testing
import TorchCore

@TorchActor
@Suite struct RandomTensorTests {
  @Test func uniformIsTheStreamsTwin() throws {
    for seed in [0, 1, 42, .max] as [UInt64] {
      let stream = RandomStream(seed: seed).stream("twin")
      let expected = (0..<300).map { stream.uniform(at: $0) }
      #expect(try Tensor.uniform([3, 100], stream, dtype: .float64).doubles() == expected)
      let short = (0..<300).map { Float(stream.bits(at: $0) >> 40) * 0x1p-24 }
      #expect(try Tensor.uniform([300], stream).floats() == short)
    }
  }

  @Test func normalIsBoxMuller() throws {
    let stream = RandomStream(seed: 5).stream("normal")
    let drawn = try Tensor.normal([200], stream, dtype: .float64).doubles()
    for (index, value) in drawn.enumerated() {
      let (u, v) = (stream.uniform(at: UInt64(2 * index)), stream.uniform(at: UInt64(2 * index + 1)))
      let expected = (-2 * log(1 - u)).squareRoot() * cos(2 * .pi * v)
      #expect(abs(value - expected) <= 1e-13 * max(1, abs(expected)))
    }
  }

  @Test func normalHasTheMomentsOfTheNormal() throws {
    let count = 400_000
    let x = try Tensor.normal([count], RandomStream(seed: 11), dtype: .float64)
    // Six standard errors of each sample moment.
    let width = 6 / Double(count).squareRoot()
    #expect(try abs(x.mean().item()) < width)
    #expect(try abs(x.pow(2).mean().item() - 1) < width * 2.0.squareRoot())
    #expect(try abs(x.pow(3).mean().item()) < width * 15.0.squareRoot())
    #expect(try abs(x.pow(4).mean().item() - 3) < width * 96.0.squareRoot())
    // P(|x| < 1) and P(x < −2).
    #expect(try abs(x.abs().less(1).to(.float64).mean().item() - erf(1 / 2.0.squareRoot())) < width)
    #expect(try abs(x.less(-2).to(.float64).mean().item() - erfc(2.0.squareRoot()) / 2) < width)
  }

  /// Rounding into a short type may not reach the open end.
  @Test(arguments: [DType.float16, .bfloat16, .float32, .float64]) func uniformStaysBelowOne(dtype: DType) throws {
    let x = try Tensor.uniform([200_000], RandomStream(seed: 3), dtype: dtype)
    #expect(try x.dtype == dtype)
    #expect(try x.to(.float64).max().item() < 1)
    #expect(try x.to(.float64).min().item() >= 0)
    #expect(try abs(x.to(.float64).mean().item() - 0.5) < 0.005)
  }

  @Test func samplesDoNotDependOnTheirNeighbours() throws {
    let root = RandomStream(seed: 8)
    let streams = (0..<5).map { root.stream($0) }
    for make in [Tensor.uniform(perSample:_:dtype:), Tensor.normal(perSample:_:dtype:)] {
      let batch = try make(streams, [2, 3], .float32)
      #expect(batch.shape == [5, 2, 3])
      let shuffled = try make([streams[4], streams[1]], [2, 3], .float32)
      #expect(try shuffled.host() == batch.selecting(0, Tensor(indices: [4, 1])).host())
      #expect(
        try make([streams[2]], [2, 3], .float32).reshaped([2, 3]).host()
          == batch.narrowed(0, from: 2, count: 1).reshaped([2, 3]).host())
    }
    #expect(try Tensor.uniform(perSample: [streams[3]], [7]).floats() == Tensor.uniform([7], streams[3]).floats())
    #expect(try Tensor.normal(perSample: [], [2, 3]).shape == [0, 2, 3])
  }

  @Test func aLongerDrawBeginsWithTheShorter() throws {
    let stream = RandomStream(seed: 1)
    #expect(try Array(Tensor.normal([50], stream).floats().prefix(20)) == Tensor.normal([20], stream).floats())
  }
}
