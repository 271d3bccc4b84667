/// Upper bounds of one perceptron by all ways that are open to it.
struct PerceptronMethods {
  let settings: PerceptronSettings

  /// - Throws: ``LipschitzError/unboundable(layer:reason:)`` where no way is open or none gives a finite number.
  func uppers(of layers: [PerceptronLayer], name: String) throws -> [PerceptronBound.Method: Double] {
    guard let live = try layers.withoutConstantNeurons() else { return [.product: 0] }
    let (balanced, scale) = try live.balanced()
    let uppers = try compositions(live)
      .merging(searches(balanced).mapValues { $0.timesUp(scale) }) { first, _ in first }
      .filter { $0.value.isFinite }
    guard !uppers.isEmpty else {
      throw LipschitzError.unboundable(
        layer: name, reason: "none of the ways \(settings.methods.map(\.rawValue).sorted()) is open to it")
    }
    return uppers
  }

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
    let neurons = layers.hiddenNeurons
    var uppers: [PerceptronBound.Method: Double] = [:]
    let triesMasks = wants(.masks) && neurons <= min(settings.mostMaskedNeurons, MaskBound.mostNeurons)
    if wants(.absoluteProduct) || triesMasks {
      let absolute = try layers.absoluteProductUpper()
      if wants(.absoluteProduct) { uppers[.absoluteProduct] = absolute }
      if triesMasks { uppers[.masks] = try MaskBound(layers).upper(absolute: absolute) }
    }
    if wants(.multipliers), neurons <= settings.mostRefinedNeurons,
      let equal = try? SlopeMultipliers.equal(for: layers)
    {
      let best = try SlopeProgram(layers).minimised(from: equal, tolerance: settings.tolerance)
      uppers[.multipliers] = try SlopeCertificate(layers).upper(best)
    }
    return uppers
  }

  private func wants(_ method: PerceptronBound.Method) -> Bool { settings.methods.contains(method) }
}

extension [PerceptronLayer] {
  var hiddenNeurons: Int { dropLast().map(\.outputs).reduce(0, +) }
}
