import OperatorNorms
import ResidualNets
import TorchCore

/// A batch on its way through a network, with bounds on how far rounding has taken it from exact arithmetic.
///
/// Two computations are followed. The one at hand, in double precision at the samples themselves, errs by at most
/// `double`. The network's own, in single precision at any point at distance r from a sample, errs by at most
/// `single` + r · `singleSlope`. Each layer passes errors on with its Lipschitz constant L and adds
/// γₙ(‖|A|‖‖x‖ + ‖b‖), n the length of its inner products and x its own input: the standard model of arithmetic, for
/// any order of summation. Beside that, every number that the single-precision computation comes across at distance r,
/// partial sums included, is at most `peak` + r · `peakSlope` but for rounding: the model holds where nothing
/// overflows.
struct ForwardError {
  /// The batch as computed in double precision.
  var value: Tensor
  /// N.
  var double: Tensor
  /// N.
  var single: Tensor
  var singleSlope = 0.0
  /// N.
  var peak: Tensor
  var peakSlope = 0.0
  /// The Lipschitz constant from the pixels to here.
  var growth = 1.0

  /// Exact pixels.
  init(pixels: Tensor) throws {
    value = pixels
    double = try .zeros([pixels.size(0)], dtype: .float64)
    single = double
    peak = double
  }

  /// The unit roundoff of single precision.
  static let singleUnit = 0x1p-24
  /// What underflow may add, in units of γ: far more than 2⁻¹²⁶ times any number of terms.
  private static let underflow = 1e-20

  /// Error bounds are sums of a few hundred positive terms, computed to many more digits than this grants.
  static let slack = 1 + 0x1p-20

  /// The norm of each sample of the batch: N.
  func norms() throws -> Tensor { try value.flattened().norm(2, [1]) }

  /// Past a layer that computes inner products of length `inner` over |A| ≤ `absolute`, and adds a bias.
  /// - Parameter passing: how large a constant is that is added on the way and scaled later.
  mutating func pass(
    to output: Tensor, lipschitz: Double, absolute: Double, inner: Int, biasNorm: Double = 0, passing: Double = 0
  ) throws {
    let (gamma, gammaSingle) = (Rounding.gamma(inner), Rounding.gamma(inner, unit: Self.singleUnit))
    let norms = try norms()
    let constant = biasNorm + Self.underflow
    let reach = try norms + double + single
    // A mean divides behind its sum, which is at most √n times the norm of what it adds.
    let widest = max(absolute, Double(inner).squareRoot())
    peak = try peak.maximum(reach * widest + (biasNorm + passing))
    peakSlope = max(peakSlope, widest * (growth + singleSlope))
    let nextDouble = try double * lipschitz + (norms * absolute + constant) * gamma
    single = try single * lipschitz + (reach * absolute + constant) * gammaSingle
    singleSlope = singleSlope * lipschitz + gammaSingle * absolute * (growth + singleSlope)
    double = nextDouble
    growth = growth.timesUp(lipschitz)
    value = output
  }

  /// Past a layer that only selects among its inputs.
  mutating func passExactly(to output: Tensor, lipschitz: Double) throws {
    double = try double * lipschitz
    single = try single * lipschitz
    singleSlope *= lipschitz
    growth = growth.timesUp(lipschitz)
    value = output
  }

  /// Past w ⊙ (x − mean)/√(v + ε) + b with the statistics of groups of each sample's own numbers, whose error in single
  /// precision has no bound.
  ///
  /// In a group of n numbers that err by at most e, √v errs by at most e/√n; so the error that comes in grows by at
  /// most |w|/√(v′ + ε), √v′ = √v − e/√n. The variance as computed errs by at most 4γ times the mean square, and
  /// 1/√(v + ε) by that over 2(v + ε)^1.5, while it is far below v + ε; else nothing is known.
  /// - Parameters:
  ///   - groups: of a sample, whose numbers lie one group behind the other.
  ///   - weight: the largest |w|.
  mutating func passSampleNorm(
    to output: Tensor, lipschitz: Double, groups: Int, weight: Double, epsilon: Double, biasNorm: Double
  ) throws {
    let x = try value.reshaped([value.size(0), groups, -1])
    let length = Double(x.size(2))
    let gamma = Rounding.gamma(x.size(2) + 8)
    let meanSquare = try x.squared().mean([2])
    let deviation = try x - x.mean([2], keepingDimensions: true)
    let variance = try (deviation.squared().mean([2]) - meanSquare * (4 * gamma)).relu()
    let spread = try (variance + epsilon).sqrt()
    let share = try meanSquare / spread.squared()
    let added = try ((meanSquare * length).sqrt() * (share + 2) * (4 * weight) / spread).norm(2, [1])
    let near = try (variance.sqrt() - (double / length.squareRoot()).reshaped([-1, 1])).relu()
    let growth = try (weight / (near.squared() + epsilon).sqrt()).max([1]).minimum(
      .full(lipschitz, [], dtype: .float64))
    let error = try double * growth + (added + (biasNorm + Self.underflow)) * gamma
    try passExactly(to: output, lipschitz: lipschitz)
    let unknown = try Tensor.full(.infinity, error.shape, dtype: .float64)
    double = try (share.max([1]) * gamma).less(1.0 / 64).select(error, unknown)
    single = unknown
  }

  /// shortcut + scale · branch, three roundings.
  static func sum(_ shortcut: ForwardError, _ branch: ForwardError, scale: Double, to output: Tensor) throws
    -> ForwardError
  {
    let size = abs(scale)
    let (gamma, gammaSingle) = (Rounding.gamma(3), Rounding.gamma(3, unit: singleUnit))
    var sum = shortcut
    let norms = try shortcut.norms() + branch.norms() * size
    let double = try shortcut.double + branch.double * size
    let single = try shortcut.single + branch.single * size
    let slope = shortcut.singleSlope + size * branch.singleSlope
    sum.growth = shortcut.growth.plusUp(branch.growth.timesUp(size))
    sum.peak = try shortcut.peak.maximum(branch.peak).maximum(norms + double + single)
    sum.peakSlope = max(shortcut.peakSlope, branch.peakSlope, sum.growth + slope)
    sum.double = try double + (norms + underflow) * gamma
    sum.single = try single + (norms + double + single + underflow) * gammaSingle
    sum.singleSlope = slope + gammaSingle * (sum.growth + slope)
    sum.value = output
    return sum
  }
}

/// How far rounding may have taken one sample, with the slack that computing it takes.
struct SampleError {
  /// Of the sample as computed in double precision.
  let norm: Double
  let double: Double
  let single: Double
  let singleSlope: Double
  let peak: Double
  let peakSlope: Double
  let growth: Double
}

extension SampleError {
  /// Half of what single precision holds, so that rounding on the way to it needs no account.
  static let singleRange = 0x1p127

  /// The largest distance from the sample up to which nothing overflows in single precision, at most `range`, in the
  /// network or in logits of these rows and biases.
  func distance(within range: Double, rowNorm: Double, bias: Double) -> Double {
    let start = max(peak, rowNorm * (norm + double + single) + bias)
    let slope = max(peakSlope, rowNorm * (growth + singleSlope))
    // A comparison with NaN is false.
    guard start < range else { return 0 }
    return slope > 0 ? (range - start) / slope : .infinity
  }
}

extension ForwardError {
  /// By sample.
  func samples() throws -> [SampleError] {
    let (norms, double, single) = (try norms().doubles(), try self.double.doubles(), try self.single.doubles())
    let peak = try self.peak.doubles()
    return norms.indices.map {
      SampleError(
        norm: norms[$0], double: double[$0] * Self.slack, single: single[$0] * Self.slack,
        singleSlope: singleSlope * Self.slack, peak: peak[$0], peakSlope: peakSlope, growth: growth)
    }
  }
}
