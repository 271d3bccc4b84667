import Results

/// Per image, what is proven and what was found: certified radius ≤ true distance ≤ smallest adversarial.
public struct Bracket: Sendable, Equatable {
  /// Certified L2 radius; nil without a certificate or for an image that is misclassified.
  public var certifiedRadius: [Double?]
  /// L2 distance of the nearest adversarial found; nil where none was found, 0 for an image misclassified clean.
  public var attackDistance: [Double?]

  /// - Throws: ``RobustnessError/unequalCounts(what:found:expected:)`` unless both lists are equally long.
  public init(certifiedRadius: [Double?], attackDistance: [Double?]) throws {
    try RobustnessError.requireEqual("attack distances", attackDistance.count, certifiedRadius.count)
    self.certifiedRadius = certifiedRadius
    self.attackDistance = attackDistance
  }

  /// The images that refute the certificate: an adversarial lies inside the radius.
  public var violations: [Int] {
    certifiedRadius.indices.filter { image in
      guard let radius = certifiedRadius[image], let distance = attackDistance[image] else { return false }
      return distance < radius
    }
  }

  /// distance / radius per image where both are known and the radius is above 0: 1 is a bracket without a gap.
  public var gaps: [Double?] {
    zip(certifiedRadius, attackDistance).map { radius, distance in
      guard let radius, let distance, radius > 0 else { return nil }
      return distance / radius
    }
  }
}
