import OperatorNorms
import RandomStreams
import ResidualNets
import TorchCore

extension NetworkClaim {
  /// The claims that a bound supports, each with room for a check by other means; witnesses are sought here.
  /// - Parameters:
  ///   - bound: of this very network.
  ///   - iterations: of power iteration for the witness of each linear stage.
  /// - Throws: ``LipschitzError`` where the bound is another network's or leaves no room.
  public init(name: String, _ network: DeployedNetwork, bound: NetworkBound, iterations: Int = 20) throws {
    let body = try bound.body.map { try $0.withRoom() }
    let head = try bound.head.withRoom()
    let witnesses = WitnessSearch(iterations: iterations)
    var shape = SampleShape(lengths: network.inputShape)
    self.name = name
    digest = try network.digest()
    inputShape = network.inputShape
    self.body = try withoutGradients { try witnesses.claims(network.body, body, shape: &shape) }
    self.head = try withoutGradients {
      try witnesses.claims(network.stages.suffix(1).map(\.self), [head], shape: &shape)[0]
    }
    let weight = try network.headWeight.doublesOnCPU()
    headRows = try HeadRows(weight: weight, bias: network.headBias.doublesOnCPU()).rowNorms
      .map { $0.timesUp(1 + 0x1p-40) }
    featureUpper = StageBound.composedWithRoom(body)
    upper = StageBound.composedWithRoom(body + [head]).timesUp(1 + 0x1p-40)
    guard upper.isFinite else {
      throw LipschitzError.unboundable(layer: "head", reason: "with room, the bound exceeds the largest double")
    }
  }

  /// Adds claims about images, with the stated norms and room in every radius.
  /// - Parameters:
  ///   - bound: the one the claims were made of.
  ///   - indices: of the images in their set.
  ///   - labels: of the images, as many.
  ///   - pixels: N×C×H×W in [0, 1], single precision, of the images at these places of `labels`.
  /// - Throws: ``LipschitzError`` as `certify` does, and what `pixels` throws.
  public mutating func certify(
    _ network: DeployedNetwork, bound: NetworkBound, basis: CertificateBasis, indices: [Int], labels: [Int],
    batchSize: Int = 128, pixels: (Range<Int>) throws -> Tensor
  ) throws {
    guard indices.count == labels.count else {
      throw LipschitzError.invalidSamples(reason: "\(indices.count) indices, \(labels.count) labels")
    }
    let stated = NetworkBound(
      upper: upper, featureUpper: featureUpper, seconds: 0, perceptron: nil,
      body: try bound.body.map { try $0.withRoom() }, head: try bound.head.withRoom(), pairs: nil,
      fingerprint: bound.fingerprint)
    var digests: [String] = []
    let certificates = try Lipschitz.certify(
      network, bound: stated, labels: labels, basis: basis, batchSize: batchSize, room: .forCheck
    ) { places in
      let batch = try pixels(places)
      digests += try SampleDigest.digests(batch)
      return batch
    }
    let list = certificates.samples.indices.map { place in
      let found = certificates.samples[place]
      return SampleClaim(
        index: indices[place], digest: digests[place], label: found.label, margin: found.margin.flatMap(\.ifFinite),
        radiusL2: found.radiusL2, radiusLinf: found.radiusLinf)
    }
    samples = Samples(basis: basis, list: list)
  }
}

extension Double {
  /// JSON has no number for the margin of an only class.
  fileprivate var ifFinite: Double? { isFinite ? self : nil }
}

/// Claims of stages, with what their norms are not below.
private struct WitnessSearch {
  let iterations: Int
  private let seed = 0

  init(iterations: Int) { self.iterations = iterations }

  func claims(_ stages: [Stage], _ bounds: [StageBound], shape: inout SampleShape) throws -> [StageClaim] {
    guard stages.map(\.name) == bounds.map(\.name) else {
      throw LipschitzError.otherNetwork(reason: "layers \(bounds.map(\.name)) meet \(stages.map(\.name))")
    }
    return try zip(stages, bounds).map { stage, bound in
      let input = shape
      shape = try stage.outputShape(of: input)
      return try claim(stage, bound, input: input)
    }
  }

  private func claim(_ stage: Stage, _ bound: StageBound, input: SampleShape) throws -> StageClaim {
    var inner = input
    let block: StageClaim.Block? =
      switch (stage.operation, bound.kind) {
      case (.residual(let shortcut, let branch, let scale), .residual(let first, let second, _)):
        try StageClaim.Block(
          composition: .residual, scale: scale, shortcut: claims(shortcut, first, input: input),
          branch: claims(branch, second, shape: &inner))
      case (.implicit(let branch, let step), .implicit(let bounds, _)):
        try StageClaim.Block(
          composition: .root, scale: step, shortcut: [], branch: claims(branch, bounds, shape: &inner))
      default: nil
      }
    let operatorNorm = try LinearStage(stage, input: input)
    return StageClaim(
      name: stage.name, kind: stage.operation.kind, upper: bound.upper,
      method: bound.method.map(StageClaim.Method.init),
      witness: try operatorNorm.map { linear in
        StageClaim.Witness(
          seed: seed, iterations: iterations,
          lower: try linear.lowerBound(iterations: iterations, seed: seed, name: stage.name) * (1 - 0x1p-20))
      }, block: block)
  }

  private func claims(_ stages: [Stage], _ bounds: [StageBound], input: SampleShape) throws -> [StageClaim] {
    var shape = input
    return try claims(stages, bounds, shape: &shape)
  }
}
