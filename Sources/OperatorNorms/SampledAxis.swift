import Foundation
import TorchCore

/// One axis of a convolution as a stride-1 correlation, and the frequencies at which its symbol has to be known.
///
/// With stride s, tap a of the kernel reads position s·i + a·d of the padded input for output i. Splitting positions by
/// their remainder mod s (space to depth) gives a stride-1 correlation over s times as many channels, in which the tap
/// has offset ⌊ad/s⌋ and reads remainder ad mod s.
struct SampledAxis {
  /// Per tap: its offset after the split.
  let offsets: [Int]
  /// Per tap: the remainder that it reads.
  let remainders: [Int]
  /// The number of equally spaced frequencies.
  let points: Int
  /// What the largest norm over those frequencies has to be multiplied by.
  let inflation: Double

  init(size: Int, kernel: Int, stride: Int, padding: Int, dilation: Int, outputSize: Int) {
    offsets = (0..<kernel).map { $0 * dilation / stride }
    remainders = (0..<kernel).map { $0 * dilation % stride }
    let reach = offsets[kernel - 1]
    let torus = Self.torusSize(
      first: padding / stride, last: (padding + size - 1) / stride, reach: reach, outputSize: outputSize)

    // Entries of the symbol are trigonometric polynomials; turned by a common phase their degree is `degree`. Where one
    // takes its largest modulus 1, M. Riesz (1914) says that it stays above cos(degree · t) at distance t, so
    // the largest value over N points is at least cos(π degree / N). That holds for inputs of any size.
    let degree = (reach + 1) / 2
    let enough = degree == 0 ? 1 : Self.pointsPerDegree * degree
    points = min(torus, enough)
    inflation = torus <= enough || degree == 0 ? 1 : (1 / cos(.pi / Double(Self.pointsPerDegree))) * (1 + 0x1p-40)
  }

  /// At 64 points a degree, sampling costs a factor of 1.0012 an axis.
  static let pointsPerDegree = 64

  /// The smallest torus on which the circular correlation contains the zero-padded one, so that its norm is no smaller.
  ///
  /// Inputs live at `first...last`, output i reads i...i + reach. Either of two ways suffices: no read of the outputs
  /// that are kept may wrap onto an input (for "same" padding p this is n + p), or all outputs that see an input fit
  /// without overlap (n + k − 1).
  private static func torusSize(first: Int, last: Int, reach: Int, outputSize: Int) -> Int {
    let lastRead = outputSize - 1 + reach
    let lastUsed = min(last, lastRead)
    let kept = max(lastUsed + 1, lastRead - first + 1, outputSize)
    let full = lastUsed - first + 1 + reach
    return max(1, min(kept, full))
  }
}
