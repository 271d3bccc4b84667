import OperatorNorms
import Results

/// How a certified radius was found.
public enum LocalMethod: String, Sendable, Hashable, Codable, CaseIterable {
  /// The Lipschitz constant of the whole network, as `certify` has it.
  case global = "global Lipschitz bound"
  /// Boxes and balls layer by layer over the ball around the image.
  case interval = "interval bounds"
  /// Linear bounds of the margins, back to the image, around units whose ranges are those of `interval`.
  case linear = "linear bounds"
  /// The same, with the range of every unit bounded in the same way.
  case linearThroughout = "linear bounds throughout"
}

/// A radius and the method that proved it.
public struct LocalRadius: Sendable, Hashable, Codable {
  /// In pixels.
  public let value: Double
  public let method: LocalMethod
}

/// What is proven about one sample by the best of all methods.
public struct LocalCertificate: Sendable, Hashable, Codable {
  /// What the global bound proves.
  public let global: Certificate
  /// No image in [0, 1] at an L2 distance up to this is classified differently; nil where ``global`` has none. At least
  /// its radius, and at most the diameter of [0, 1], rounded up.
  public let l2: LocalRadius?
  /// The same in the L∞ norm.
  public let linf: LocalRadius?

  /// What the global bound proves, and no more.
  init(_ global: Certificate) {
    self.init(
      global: global, l2: global.radiusL2.map { LocalRadius(value: $0, method: .global) },
      linf: global.radiusLinf.map { LocalRadius(value: $0, method: .global) })
  }

  init(global: Certificate, l2: LocalRadius?, linf: LocalRadius?) {
    self.global = global
    self.l2 = l2
    self.linf = linf
  }

  /// Whether the radius is at least `epsilon`, compared with the exact fraction and not with its nearest double.
  public func certifies(_ epsilon: Rational, norm: PerturbationNorm) -> Bool {
    norm.isCertified(epsilon, l2: l2?.value, linf: linf?.value)
  }
}

/// The local certificates of a batch.
public struct LocalCertificates: Sendable, Hashable, Codable {
  public let basis: CertificateBasis
  /// One a sample, in order.
  public let samples: [LocalCertificate]

  init(basis: CertificateBasis, samples: [LocalCertificate]) {
    self.basis = basis
    self.samples = samples
  }

  /// Those of one network's batches, in order.
  /// - Parameter parts: at least one; all on the same basis, as it depends on the network alone.
  public init(joining parts: [LocalCertificates]) {
    self.init(basis: parts[0].basis, samples: parts.flatMap(\.samples))
  }

  /// What the global bound proves, and no more.
  public init(_ certificates: Certificates) {
    self.init(basis: certificates.basis, samples: certificates.samples.map(LocalCertificate.init))
  }

  public var radiiL2: [Double?] { samples.map { $0.l2?.value } }
}

/// What may be spent on each image.
public struct LocalSearch: Sendable, Hashable {
  /// Radii that are tried with each method; each halves the logarithm of the gap, from a factor of 2¹⁶ at most.
  public var bisections: Int
  /// The norms to find radii in; in others the global radius stays.
  public var norms: Set<PerturbationNorm>
  /// The methods to try, in order; each starts from what those before it proved. Nil takes `interval`, and then
  /// `linearThroughout` where the network has at most ``throughoutLimit`` nonlinear units, or `linear` otherwise.
  public var methods: [LocalMethod]?
  public var throughoutLimit: Int

  public init(
    bisections: Int = 10, norms: Set<PerturbationNorm> = [.l2, .linf], methods: [LocalMethod]? = nil,
    throughoutLimit: Int = 2048
  ) {
    self.bisections = bisections
    self.norms = norms
    self.methods = methods
    self.throughoutLimit = throughoutLimit
  }

  func methods(activations: Int) -> [LocalMethod] {
    methods ?? [.interval, activations <= throughoutLimit ? .linearThroughout : .linear]
  }
}
