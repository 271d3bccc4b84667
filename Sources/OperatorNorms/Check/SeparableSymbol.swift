import Foundation
import TensorFiles
import TorchCore

/// The matrix symbol of a convolution by one transform along the columns and one along the rows. ``ConvolutionSymbol``
/// sums over the taps at once.
struct SeparableSymbol {
  private let axes: [AxisCheck]
  private let points: [Int]
  private let weight: Tensor
  private let groups: Int
  /// What the largest norm over the frequencies has to be multiplied by.
  let inflation: Double
  /// A bound on ‖computed − true symbol‖₂ at every frequency.
  let error: Double

  /// - Parameter points: frequencies of rows and of columns.
  /// - Throws: ``OperatorNormError/invalidOperator(_:)`` where so many frequencies say nothing about the operator, or are
  ///   too many.
  init(_ convolution: ConvolutionOperator, points: [Int]) throws {
    let (geometry, kernel, output) = (convolution.geometry, convolution.kernel, convolution.outputSize)
    guard points.count == 2, points.allSatisfy({ (1...1 << 20).contains($0) }) else {
      throw OperatorNormError.invalidOperator("a spectrum at \(points) frequencies")
    }
    axes = (0..<2).map { axis in
      AxisCheck(
        size: convolution.inputSize[axis], kernel: kernel[axis], stride: geometry.stride[axis],
        padding: geometry.padding[axis], dilation: geometry.dilation[axis], outputSize: output[axis],
        points: points[axis])
    }
    guard let rows = axes[0].inflation, let columns = axes[1].inflation else {
      throw OperatorNormError.invalidOperator("a spectrum at \(points) frequencies does not bound it")
    }
    self.points = points
    groups = geometry.groups
    weight = try convolution.weight.reshaped([groups, weightRows(convolution), convolution.weight.size(1)] + kernel)
    inflation = rows.timesUp(columns)
    // Cosines and sines err by at most 30u, products of two transforms add γ of both lengths; two such products make a
    // real part. The norm is at most the Frobenius norm of the sums of |W| over the taps.
    let sums = try convolution.weight.abs().sum([2, 3]).norm().item()
    error = 4 * Rounding.gamma(kernel[0] + kernel[1] + 80) * sums * (1 + Rounding.gamma(convolution.weight.count))

    let entries = Double(weight.count) / Double(kernel[0] * kernel[1]) * Double(phases(0).count * phases(1).count)
    let side = Double(min(weight.size(1), weight.size(2) * phases(0).count * phases(1).count))
    guard Double(points[0] * (points[1] / 2 + 1)) * entries * side <= 1e12 else {
      throw OperatorNormError.invalidOperator("a spectrum at \(points) frequencies is too much work")
    }
  }

  /// The largest singular value at all frequencies, with errors and inflation.
  func bound() throws -> Double {
    // A real kernel's symbol at −f is the conjugate of that at f.
    let (cosColumns, sinColumns) = try waves(1, 0..<points[1] / 2 + 1)
    let columns = try (weight.matmul(cosColumns), weight.matmul(sinColumns))
    let perRow = columns.0.count / weight.size(3) * phases(0).count
    var largest = 0.0
    for rows in (0..<points[0]).batches(of: (1 << 19) / max(1, perRow)) {
      let (cosRows, sinRows) = try waves(0, rows)
      func along(_ x: Tensor, _ waves: Tensor) throws -> Tensor { try x.permuted([0, 1, 2, 4, 3]).matmul(waves) }
      let real = try along(columns.0, cosRows) - along(columns.1, sinRows)
      let imaginary = try along(columns.0, sinRows) + along(columns.1, cosRows)
      let value = try EigenvalueBound.largestSingularValue(real: matrices(real), imaginary: matrices(imaginary))
      largest = max(largest, value)
    }
    return largest.plusUp(error).timesUp(inflation)
  }

  /// Distinct remainders that taps of an axis read.
  private func phases(_ axis: Int) -> [Int] { Array(Set(axes[axis].remainders)).sorted() }

  /// K×(phases · frequencies): cos and sin of 2π f offset / N where the tap is of the phase, else 0.
  private func waves(_ axis: Int, _ frequencies: Range<Int>) throws -> (cos: Tensor, sin: Tensor) {
    let (phases, offsets) = (phases(axis), axes[axis].offsets)
    let shape = [offsets.count, phases.count * frequencies.count]
    var (cosines, sines) = ([Double](), [Double]())
    for (tap, offset) in offsets.enumerated() {
      for phase in phases {
        for frequency in frequencies {
          // In whole numbers of 2π / N, so that the angle is at most 2π.
          let angle = 2 * Double.pi * (Double(frequency * offset % points[axis]) / Double(points[axis]))
          let isRead = axes[axis].remainders[tap] == phase
          cosines.append(isRead ? cos(angle) : 0)
          sines.append(isRead ? sin(angle) : 0)
        }
      }
    }
    return try (Tensor(cosines, shape), Tensor(sines, shape))
  }

  /// groups×out×in×(phases · frequencies of columns)×(phases · frequencies of rows), made into
  /// (frequencies · groups)×out×(in · phases).
  private func matrices(_ symbol: Tensor) throws -> Tensor {
    let (first, second) = (phases(0).count, phases(1).count)
    let (outputs, inputs) = (weight.size(1), weight.size(2))
    return try symbol.reshaped([groups, outputs, inputs, second, -1, first, symbol.size(4) / first])
      .permuted([4, 6, 0, 1, 2, 3, 5]).reshaped([-1, outputs, inputs * first * second])
  }
}

private func weightRows(_ convolution: ConvolutionOperator) -> Int {
  convolution.outputChannels / convolution.geometry.groups
}
