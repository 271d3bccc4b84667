import Results

/// The certificates of a list of images under one smoothing.
///
/// Each is wrong with probability at most α, so that of N certified images α·N are expected to be at most.
public struct SmoothedCertificates: Sendable, Hashable, Codable {
  public let smoothing: RandomizedSmoothing
  /// One an image, in order.
  public let samples: [SmoothedCertificate]

  /// What the certificates hold for, as records say it.
  public static let soundness = "probabilistic"

  public var radiiL2: [Double?] { samples.map(\.radiusL2) }

  public var abstentions: Int { samples.count { $0.prediction == nil } }

  /// The settings in words, for records and reports.
  public var settings: String {
    "randomized smoothing, sigma \(smoothing.sigma), n0 \(smoothing.selectionDraws), n \(smoothing.estimationDraws), "
      + "alpha \(smoothing.alpha) per image"
  }

  /// Certified accuracy at each radius: images that are right and stay so, of all; an abstention is not right. The
  /// intervals (Wilson, 95 %) are those of the images' choice and leave α aside.
  public func curve(_ radii: [Rational], norm: PerturbationNorm = .l2) -> [CurveRecord.Point] {
    radii.sorted().map { radius in
      CurveRecord.Point(epsilon: radius, counts: Tally(samples.map { $0.certifies(radius, norm: norm) }))
    }
  }
}
