import ResidualNets

extension DeployedNetwork {
  /// The least of `product`, this network's bound, and what ``perceptronBound(_:)`` finds; `product` where that refuses
  /// the network. Pairs of classes are left out beyond the limit on their number, and the product stands in for those
  /// that are refused.
  func tightened(_ product: NetworkBound, _ settings: PerceptronSettings) throws -> NetworkBound {
    let tight: PerceptronBound
    do {
      tight = try perceptronBound(settings)
    } catch LipschitzError.unboundable {
      return product
    }
    return NetworkBound(
      upper: min(product.upper, tight.upper), featureUpper: product.featureUpper,
      seconds: product.seconds + tight.seconds, perceptron: tight, body: product.body, head: product.head,
      pairs: settings.boundsPairs && classPairs <= settings.mostPairs ? try perceptronPairBounds(settings) : nil,
      fingerprint: product.fingerprint)
  }

  private var classPairs: Int { classCount * (classCount - 1) / 2 }
}
