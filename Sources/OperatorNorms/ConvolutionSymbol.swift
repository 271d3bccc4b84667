import Foundation
import TorchCore

/// The matrix symbol of a convolution: out×(in · remainders) per group at each sampled frequency,
/// Σ_a W[:, :, a] exp(2πi ⟨f, offset(a)⟩), summed directly over the few taps so that its error is elementary.
struct ConvolutionSymbol {
  private let axes: [SampledAxis]
  /// K×(out · in/groups): one row a tap.
  private let taps: Tensor
  /// Phases are the pairs of remainders that some tap reads.
  private let phaseCount: Int
  private let phaseOfTap: [Int]
  private let offsets: [(Int, Int)]
  private let groups: Int
  private let outputs: Int
  private let inputs: Int

  /// `convolution` in double precision.
  init(_ convolution: ConvolutionOperator) throws {
    let (geometry, kernel, output) = (convolution.geometry, convolution.kernel, convolution.outputSize)
    let axes = (0..<2).map { axis in
      SampledAxis(
        size: convolution.inputSize[axis], kernel: kernel[axis], stride: geometry.stride[axis],
        padding: geometry.padding[axis], dilation: geometry.dilation[axis], outputSize: output[axis])
    }
    let positions = (0..<kernel[0]).flatMap { row in (0..<kernel[1]).map { (row, $0) } }
    self.axes = axes
    let phases = positions.map { [axes[0].remainders[$0.0], axes[1].remainders[$0.1]] }
    // By first appearance: a set has another order in each process, and sums other last bits.
    var numbers: [[Int]: Int] = [:]
    phaseOfTap = phases.map { phase in
      let number = numbers[phase] ?? numbers.count
      numbers[phase] = number
      return number
    }
    phaseCount = numbers.count
    offsets = positions.map { (axes[0].offsets[$0.0], axes[1].offsets[$0.1]) }
    groups = geometry.groups
    outputs = convolution.outputChannels / groups
    inputs = convolution.weight.size(1)
    taps = try convolution.weight.reshaped([groups * outputs * inputs, positions.count]).transposed().contiguous()
  }

  /// Frequencies that determine the rest: a real kernel's symbol at −f is the conjugate of that at f.
  var frequencyCount: Int { axes[0].points * (axes[1].points / 2 + 1) }
  /// Complex entries at one frequency.
  var entryCount: Int { groups * outputs * inputs * phaseCount }
  /// The smaller side of each group's matrix.
  var smallerSide: Int { min(outputs, inputs * phaseCount) }
  /// What the largest norm over the frequencies has to be multiplied by.
  var inflation: Double { axes[0].inflation.timesUp(axes[1].inflation) }
  /// Frequencies of rows and of columns.
  var points: [Int] { axes.map(\.points) }

  /// The matrices at a range of frequencies, each (frequencies · groups)×out×(in · phases).
  func values(at frequencies: Range<Int>) throws -> (real: Tensor, imaginary: Tensor) {
    let (height, width) = (axes[0].points, axes[1].points)
    let period = height * width
    // The angle in whole numbers of 2π / period: exact, however large.
    let turns = (0..<period).map { 2 * Double.pi * (Double($0) / Double(period)) }
    let (cosines, sines) = (turns.map { cos($0) }, turns.map { sin($0) })
    let tapCount = offsets.count
    let rowCount = frequencies.count * phaseCount
    var real = [Double](repeating: 0, count: rowCount * tapCount)
    var imaginary = real
    for (index, frequency) in frequencies.enumerated() {
      let (row, column) = (frequency / (width / 2 + 1), frequency % (width / 2 + 1))
      for tap in 0..<tapCount {
        let angle = (row * offsets[tap].0 * width + column * offsets[tap].1 * height) % period
        let place = (index * phaseCount + phaseOfTap[tap]) * tapCount + tap
        real[place] = cosines[angle]
        imaginary[place] = sines[angle]
      }
    }
    let shape = [rowCount, tapCount]
    return try (matrices(Tensor(real, shape)), matrices(Tensor(imaginary, shape)))
  }

  /// (rows · phases)×K coefficients of the taps, made into (rows · groups)×out×(in · phases).
  private func matrices(_ coefficients: Tensor, of taps: Tensor? = nil) throws -> Tensor {
    try coefficients.matmul(taps ?? self.taps)
      .reshaped([-1, phaseCount, groups, outputs, inputs]).permuted([0, 2, 3, 4, 1])
      .reshaped([-1, outputs, inputs * phaseCount])
  }

  /// Per group, out×(in · phases): the sum of |W| over the taps of each phase, but for rounding by `sumInflation`.
  func absoluteSums() throws -> Tensor {
    var indicator = [Double](repeating: 0, count: phaseCount * offsets.count)
    for (tap, phase) in phaseOfTap.enumerated() { indicator[phase * offsets.count + tap] = 1 }
    return try matrices(Tensor(indicator, [phaseCount, offsets.count]), of: taps.abs())
  }

  /// Covers every sum of entries of |W| that a bound needs.
  var sumInflation: Double { 1 + Rounding.gamma(entryCount + offsets.count) }

  /// A bound on ‖computed − true symbol‖₂ at every frequency.
  ///
  /// An angle of at most 2π has relative error 4u, so a cosine errs by at most 30u; the inner products over K taps add
  /// γ_K. Both parts together give √2 of that, entry by entry, times the sums of |W|.
  func error(absoluteSums: Tensor) throws -> Double {
    try 2 * Rounding.gamma(offsets.count + 30) * absoluteSums.norm().item() * sumInflation
  }
}
