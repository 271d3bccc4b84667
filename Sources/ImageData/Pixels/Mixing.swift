import Foundation
import RandomStreams

/// How the images of one batch, and their targets, are mixed: image i becomes λ times itself and 1 − λ times its
/// partner.
public struct Mixing: Sendable, Hashable {
  /// λ, in 0...1.
  public let weight: Double
  /// For each image of the batch its partner in it, which may be itself.
  public let partners: [Int]
}

extension Augmentation {
  /// One weight and one order of partners for a batch, as in the reference code of Zhang et al., "mixup: beyond
  /// empirical risk minimization" (2018).
  ///
  /// - Parameter size: how many images the batch has.
  /// - Returns: nil where there is no mixup, or no image.
  public func mixing(batch size: Int, stream: RandomStream) -> Mixing? {
    guard mixup > 0, mixup <= Self.largestMixup, size > 0 else { return nil }
    return Mixing(
      weight: symmetricBeta(mixup, stream.stream("weight")), partners: stream.stream("partners").permutation(size))
  }
}

/// A deviate of Beta(α, α): G₁ / (G₁ + G₂) of two gammas. In logarithms, as both may be too small for a `Double`.
private func symmetricBeta(_ alpha: Double, _ stream: RandomStream) -> Double {
  // G(α) = G(α + 1) U^(1/α). The quotient comes last: for tiny α it may be infinite, and is then right.
  let (first, second) = (logGamma(alpha + 1, stream.stream(0)), logGamma(alpha + 1, stream.stream(1)))
  let powers = (log(1 - stream.uniform(at: 1)) - log(1 - stream.uniform(at: 0))) / alpha
  return 1 / (1 + exp(second - first + powers))
}

/// The logarithm of a deviate of Gamma(shape, 1), for shapes of at least 1 (Marsaglia and Tsang 2000). Each attempt
/// reads three counters, so that none depends on how often others failed.
private func logGamma(_ shape: Double, _ stream: RandomStream) -> Double {
  let d = shape - 1.0 / 3
  let c = 1 / (9 * d).squareRoot()
  var counter: UInt64 = 0
  while true {
    let radius = (-2 * log(1 - stream.uniform(at: counter))).squareRoot()
    let x = radius * cos(2 * .pi * stream.uniform(at: counter + 1))
    let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
    if v > 0, log(1 - stream.uniform(at: counter + 2)) < 0.5 * x * x + d - d * v + d * log(v) { return log(d * v) }
    counter += 3
  }
}
