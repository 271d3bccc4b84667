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
public struct Certificate: Sendable, Hashable {
  public let label: Int
  /// The class that the network as given, in its own precision, predicts.
  public let prediction: Int
  /// min over j ≠ label of z_label − z_j, in double precision; nil where `prediction` is wrong.
  public let margin: Double?
  /// No perturbation of L2 norm up to this changes the prediction, in pixels; rounded inward; nil where the sample is
  /// misclassified, 0 where nothing is proven.
  public let radiusL2: Double?
  /// The same in the L∞ norm: at least the L2 radius divided by the root of the number of inputs.
  public let radiusLinf: Double?

  /// Whether the radius is at least `epsilon`, compared with the exact fraction and not with its nearest double.
  public func certifies(_ epsilon: Rational, norm: PerturbationNorm) -> Bool {
    norm.isCertified(epsilon, l2: radiusL2, linf: radiusLinf)
  }
}

/// The certificates of a batch.
public struct Certificates: Sendable, Hashable {
  public let basis: CertificateBasis
  /// One a sample, in order.
  public let samples: [Certificate]

  public var radiiL2: [Double?] { samples.map(\.radiusL2) }
}
