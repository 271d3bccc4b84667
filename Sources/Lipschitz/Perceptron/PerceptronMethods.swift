/// Upper bounds of one perceptron by all ways that are open to it.
struct PerceptronMethods {
  let settings: PerceptronSettings

  /// - Throws: ``LipschitzError/unboundable(layer:reason:)`` where no way is open or none gives a finite number.
  func uppers(of layers: [PerceptronLayer], name: String) throws -> [PerceptronBound.Method: Double] {
    let uppers = try (layers.contains(where: \.sortsPairs) ? sorting(layers) : rectifying(layers))
      .filter { $0.value.isFinite }
    guard !uppers.isEmpty else {
      throw LipschitzError.unboundable(
        layer: name, reason: "none of the ways \(settings.methods.map(\.rawValue).sorted()) is open to it")
    }
    return uppers
  }

  /// Of a network with ReLUs alone.
  private func rectifying(_ layers: [PerceptronLayer]) throws -> [PerceptronBound.Method: Double] {
    guard let live = try layers.withoutConstantNeurons() else { return [.product: 0] }
    let (balanced, scale) = try live.balanced()
    return try compositions(live)
      .merging(searches(balanced).mapValues { $0.timesUp(scale) }) { first, _ in first }
  }

  /// Of a network with MaxMin, for which one multiplier a layer is the product of norms.
  private func sorting(_ layers: [PerceptronLayer]) throws -> [PerceptronBound.Method: Double] {
    var uppers = try enumerations(layers)
    if wants(.product) { uppers[.product] = try layers.reduce(1) { try $0.timesUp($1.norm()) } }
    let size = layers.hiddenNeurons + layers[0].inputs
    if wants(.multipliers), layers.hiddenNeurons <= settings.mostRefinedNeurons, size <= Self.mostUnrolled,
      let (scaled, scale) = try layers.ofUnitNorms()
    {
      let unrolled = try UnrolledPerceptron(scaled)
      let best = try unrolled.program().minimised(from: .product(of: scaled), tolerance: settings.tolerance)
      uppers[.multipliers] = try UnrolledCertificate(unrolled).upper(best).timesUp(scale)
    }
    return uppers
  }

  /// Inputs and neurons up to which a matrix over all of them is decomposed.
  private static let mostUnrolled = 2048

  /// The ways that depend on how the neurons are scaled: as they are, which is how they are published.
  private func compositions(_ layers: [PerceptronLayer]) throws -> [PerceptronBound.Method: Double] {
    let certificate = try SlopeCertificate(layers)
    var uppers: [PerceptronBound.Method: Double] = [:]
    if wants(.product) || layers.count == 1 { uppers[.product] = certificate.product }
    // A decomposition that fails gives no candidate; it could prove nothing wrong.
    if wants(.equalMultipliers), layers.count > 1, let equal = try? SlopeMultipliers.equal(for: layers) {
      uppers[.equalMultipliers] = try certificate.upper(equal)
    }
    return uppers
  }

  /// The ways that do not.
  private func searches(_ layers: [PerceptronLayer]) throws -> [PerceptronBound.Method: Double] {
    guard layers.count > 1 else { return [:] }
    var uppers = try enumerations(layers)
    if wants(.multipliers), layers.hiddenNeurons <= settings.mostRefinedNeurons,
      let equal = try? SlopeMultipliers.equal(for: layers)
    {
      let best = try SlopeProgram(layers).minimised(from: equal, tolerance: settings.tolerance)
      uppers[.multipliers] = try SlopeCertificate(layers).upper(best)
    }
    return uppers
  }

  /// The ways that ask nothing of the signs of differences.
  private func enumerations(_ layers: [PerceptronLayer]) throws -> [PerceptronBound.Method: Double] {
    var uppers: [PerceptronBound.Method: Double] = [:]
    let most = min(settings.mostMaskedNeurons, MaskBound.mostNeurons)
    let triesMasks = wants(.masks) && layers.hiddenNeurons <= most
    guard wants(.absoluteProduct) || triesMasks else { return uppers }
    let absolute = try layers.absoluteProductUpper()
    if wants(.absoluteProduct) { uppers[.absoluteProduct] = absolute }
    if triesMasks { uppers[.masks] = try MaskBound(layers).upper(absolute: absolute) }
    return uppers
  }

  private func wants(_ method: PerceptronBound.Method) -> Bool { settings.methods.contains(method) }
}

extension [PerceptronLayer] {
  /// Neurons with ReLU, and pairs with MaxMin.
  var hiddenNeurons: Int { dropLast().map(\.decisions).reduce(0, +) }
}
