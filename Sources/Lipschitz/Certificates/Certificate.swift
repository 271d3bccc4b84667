import OperatorNorms
import Results

/// What a certificate is a statement about.
public enum CertificateBasis: String, Sendable, Hashable, Codable {
  /// The function that the weights define in exact arithmetic.
  case realArithmetic = "real arithmetic"
  /// Also the single-precision computation at every point of the ball: a bound on its forward error is subtracted. It
  /// holds where every layer sums its products in single precision or better, in any order (libtorch on a CPU does;
  /// cuDNN may choose transforms that do not).
  case singlePrecision = "fp32 network as deployed"
}

/// What is proven about one sample.
public struct Certificate: Sendable, Hashable, Codable {
  public let label: Int
  /// The class that the network as given, in its own precision, predicts.
  public let prediction: Int
  /// min over j ≠ label of z_label − z_j, in double precision; nil where `prediction` is wrong.
  public let margin: Double?
  /// No perturbation of L2 norm up to this changes the prediction, in pixels; rounded inward; nil where the sample is
  /// misclassified or ``refusal`` says why, 0 where nothing is proven. It holds for images outside of [0, 1] too. At
  /// most √d for d inputs, rounded up: no image in [0, 1] is farther, so that a radius that large certifies all of
  /// them.
  public let radiusL2: Double?
  /// The same in the L∞ norm, at most 1: at least the L2 radius divided by the root of the number of inputs.
  public let radiusLinf: Double?
  /// Why a sample that is classified rightly has no radius.
  public internal(set) var refusal: String?

  /// Whether the radius is at least `epsilon`, compared with the exact fraction and not with its nearest double.
  public func certifies(_ epsilon: Rational, norm: PerturbationNorm) -> Bool {
    norm.isCertified(epsilon, l2: radiusL2, linf: radiusLinf)
  }
}

extension PerturbationNorm {
  /// The largest distance between two images in [0, 1] of so many numbers, rounded up. An L1 ball is certified by an L2
  /// ball, and its radius by that one's.
  func largestRadius(inputs: Int) -> Double { self == .linf ? 1 : Double(inputs).squareRootUp }
}

/// The certificates of a batch.
public struct Certificates: Sendable, Hashable {
  public let basis: CertificateBasis
  /// One a sample, in order.
  public let samples: [Certificate]

  public var radiiL2: [Double?] { samples.map(\.radiusL2) }
}
