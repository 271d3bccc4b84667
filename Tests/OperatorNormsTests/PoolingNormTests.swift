import Foundation
import RandomStreams
import Testing
import TorchCore

@testable import OperatorNorms

@TorchActor @Suite struct PoolingNormTests {
  @Test func closedForms() throws {
    func windows(_ kernel: Int, _ stride: Int, _ padding: Int, _ size: [Int]) throws -> PoolingWindows {
      try PoolingWindows(kernel: kernel, stride: stride, padding: padding, inputSize: size)
    }
    // ⌈k/s⌉ where the image is large enough, less where it is not.
    #expect(try windows(3, 2, 1, [8, 8]).maximumNorm == 2 && windows(2, 2, 0, [8, 9]).maximumNorm == 1)
    #expect(try windows(5, 2, 2, [20, 20]).maximumNorm == 3 && windows(3, 1, 1, [8, 8]).maximumNorm == 3)
    #expect(try windows(3, 2, 0, [3, 3]).maximumNorm == 1)
    let uneven = try windows(3, 2, 0, [3, 9]).maximumNorm
    #expect(uneven >= 2.0.squareRoot() && uneven < 2.0.squareRoot() * (1 + 1e-15))
    // Disjoint windows: 1/k. Windows of 3 at every place: (1 + 2 cos(π/(n + 1)))/3 an axis.
    let half = try windows(2, 2, 0, [8, 8]).meanNorm()
    #expect(half >= 0.5 && half < 0.5 * (1 + 1e-14))
    let axis = (1 + 2 * cos(Double.pi / 9)) / 3
    let mean = try windows(3, 1, 1, [8, 8]).meanNorm()
    #expect(mean >= axis * axis && mean < axis * axis * (1 + 1e-6))
    for (kernel, stride, padding, size) in [(0, 1, 0, 4), (2, 0, 0, 4), (3, 1, 2, 4), (5, 1, 0, 4), (2, 1, -1, 4)] {
      #expect(throws: OperatorNormError.self) { try windows(kernel, stride, padding, [size, size]) }
    }
  }

  /// The mean is linear: its matrix says its norm. The maximum's Jacobian selects one pixel a window: at random images
  /// its norm, the root of how often a pixel is picked, is never more, and where one pixel is largest it is the bound.
  @Test func randomWindows() throws {
    for seed in 0..<150 {
      var generator = RandomStream(seed: UInt64(seed)).stream("pooling").generator
      let kernel = Int.random(in: 1...4, using: &generator)
      let stride = Int.random(in: 1...4, using: &generator)
      let padding = Int.random(in: 0...(kernel / 2), using: &generator)
      let size = (0..<2).map { _ in Int.random(in: kernel...9, using: &generator) }
      let windows = try PoolingWindows(kernel: kernel, stride: stride, padding: padding, inputSize: size)
      let count = size[0] * size[1]
      let basis = try Tensor.eye(count, dtype: .float64).reshaped([count, 1] + size)
      let means = try basis.averagePool2d(kernel: kernel, stride: stride, padding: padding).reshaped([count, -1])
      let exact = try means.singularValues().max().item()
      let mean = try windows.meanNorm()
      #expect(mean >= exact * (1 - 1e-13), "seed \(seed): \(mean) below \(exact)")
      #expect(mean <= exact * (padding > 0 ? 2.1 : 1 + 1e-6), "seed \(seed): \(mean) for \(exact)")
      #expect(try windows.checkedMeanNorm() <= mean * (1 + 0x1p-24), "seed \(seed)")
      #expect(try windows.checkedMeanNorm() >= exact * (1 - 1e-13), "seed \(seed)")
      // Image i has its largest value at pixel i.
      let picked = try basis.maxPool2d(kernel: kernel, stride: stride, padding: padding).reshaped([count, -1]).sum([1])
      let most = try picked.max().item()
      #expect(abs(windows.maximumNorm * windows.maximumNorm - most) < 1e-12, "seed \(seed): \(most)")
      #expect(try windows.checkedSharing() == most, "seed \(seed)")
    }
  }
}
