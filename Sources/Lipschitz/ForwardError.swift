import OperatorNorms
import ResidualNets
import TorchCore

/// A batch on its way through a network, with bounds on how far rounding has taken it from exact arithmetic.
///
/// Two computations are followed. The one at hand, in double precision at the samples themselves, errs by at most
/// `double`. The network's own, in single precision at any point at distance r from a sample, errs by at most
/// `single` + r · `singleSlope`. Each layer passes errors on with its Lipschitz constant L and adds
/// γₙ(‖|A|‖‖x‖ + ‖b‖), n the length of its inner products and x its own input: the standard model of arithmetic, for
/// any order of summation.
struct ForwardError {
  /// The batch as computed in double precision.
  var value: Tensor
  /// N.
  var double: Tensor
  /// N.
  var single: Tensor
  var singleSlope = 0.0
  /// The Lipschitz constant from the pixels to here.
  var growth = 1.0

  /// Exact pixels.
  init(pixels: Tensor) throws {
    value = pixels
    double = try .zeros([pixels.size(0)], dtype: .float64)
    single = double
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
  mutating func pass(
    to output: Tensor, lipschitz: Double, absolute: Double, inner: Int, biasNorm: Double = 0
  ) throws {
    let (gamma, gammaSingle) = (Rounding.gamma(inner), Rounding.gamma(inner, unit: Self.singleUnit))
    let norms = try norms()
    let constant = biasNorm + Self.underflow
    let reach = try norms + double + single
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
  let growth: Double
}

extension ForwardError {
  /// By sample.
  func samples() throws -> [SampleError] {
    let (norms, double, single) = (try norms().doubles(), try self.double.doubles(), try self.single.doubles())
    return norms.indices.map {
      SampleError(
        norm: norms[$0], double: double[$0] * Self.slack, single: single[$0] * Self.slack,
        singleSlope: singleSlope * Self.slack, growth: growth)
    }
  }
}
