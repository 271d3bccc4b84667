/// What a certificate says of one network.
public struct NetworkClaim: Sendable, Hashable, Codable {
  /// As a reader calls it; nothing depends on it.
  public let name: String
  /// ``ResidualNets/DeployedNetwork/digest()``.
  public var digest: String
  /// Channels, height, width.
  public let inputShape: [Int]
  public var body: [StageClaim]
  public var head: StageClaim
  /// ‖w_j‖ at most, by class, w_j the rows of the last layer.
  public var headRows: [Double]
  /// Pixels → features: the stages of the body one after another.
  public var featureUpper: Double
  /// Pixels → logits.
  public var upper: Double
  /// Of the images that were certified.
  public var samples: Samples?

  public struct Samples: Sendable, Hashable, Codable {
    /// What the radii are a statement about.
    public let basis: CertificateBasis
    public var list: [SampleClaim]
  }
}

/// What a certificate says of one image.
public struct SampleClaim: Sendable, Hashable, Codable {
  /// Among the images of its set, from 0.
  public let index: Int
  /// SHA-256 of its pixels in single precision, C×H×W.
  public let digest: String
  /// The class that it is of and, where there is a radius, is predicted to be of; from 0.
  public var label: Int
  /// z_label less the largest other logit; nil where the prediction is wrong.
  public var margin: Double?
  /// No perturbation up to this changes the prediction, in pixels on [0, 1]; nil where nothing is claimed.
  public var radiusL2: Double?
  public var radiusLinf: Double?
}
