import RandomStreams
import TorchCore

/// Trunk, one task's adapter (or none), an expansion of the features (or none) and head: from pixels to that task's
/// logits.
public struct TaskNetwork {
  public let trunk: any Trunk
  public let adapter: Adapter?
  public let expansion: FeatureExpansion?
  public let head: Linear

  public init(trunk: any Trunk, adapter: Adapter?, expansion: FeatureExpansion? = nil, head: Linear) {
    self.trunk = trunk
    self.adapter = adapter
    self.expansion = expansion
    self.head = head
  }

  /// Logits N×K of pixels N×C×H×W in [0, 1].
  /// - Parameter draws: what a training step draws from, where the network leaves branches out at random; one of its own
  ///   for each step.
  public func logits(_ pixels: Tensor, _ mode: Mode, draws: RandomStream? = nil) throws -> Tensor {
    try logits(corrected: trunk.features(pixels, through: adapter, mode, draws: draws), mode)
  }

  /// Logits N×K of the trunk's features N×F, those of a side path and of an expansion still to come.
  public func logits(features: Tensor, _ mode: Mode) throws -> Tensor {
    try logits(corrected: adapter?.corrected(features: features, mode) ?? features, mode)
  }

  private func logits(corrected features: Tensor, _ mode: Mode) throws -> Tensor {
    try head.forward(expansion?.forward(features) ?? features, mode)
  }

  /// The network as it runs in evaluation: norms folded, adapter merged, constants only. It shares no storage with this
  /// one, so later training does not reach it.
  public func deployed() throws -> DeployedNetwork {
    try withoutGradients {
      var (body, featureScale) = try trunk.deployedBody(Passage(adapter: adapter, mode: .evaluation))
      if let side = adapter?.side {
        body += try side.deployed(behind: featureScale)
        featureScale = nil
      }
      if let expansion {
        body += try expansion.deployed(behind: featureScale)
        featureScale = nil
      }
      let weight = try head.effectiveWeight(.evaluation).detached()
      let scaled = try featureScale.map { try (weight.to(.float64) * $0).to(weight.dtype) } ?? weight
      let network = DeployedNetwork(
        inputShape: trunk.inputShape, body: body, headWeight: scaled, headBias: try head.bias.value.detached())
      return try network.mappingTensors { try $0.clone() }
    }
  }

  /// The same function with every norm a layer of its own, the head included: what a network is made of.
  func unfolded() throws -> [Stage] {
    try withoutGradients {
      let (trunk, _) = try trunk.deployedBody(Passage(deploying: adapter, as: .unfolded))
      let body =
        try trunk + (adapter?.side?.deployed(behind: nil) ?? []) + (expansion?.deployed(behind: nil) ?? [])
      let head = try Operation.linear(
        weight: head.effectiveWeight(.evaluation).detached(), bias: head.bias.value.detached())
      return try (body + [Stage("head", head)]).map { try $0.mappingTensors { try $0.detached() } }
    }
  }
}

extension Trunk {
  /// What a head reads: features N×F of pixels N×C×H×W in [0, 1], corrected by an adapter.
  /// - Parameters:
  ///   - draws: what a training step draws from, where the network leaves branches out at random.
  ///   - sharing: those who share the batch in training; nil where it is all here.
  ///   - precision: what the trunk computes in; a side path behind it computes as its parameters are.
  /// - Throws: as ``features(_:_:)``.
  public func features(
    _ pixels: Tensor, through adapter: Adapter?, _ mode: Mode, draws: RandomStream? = nil,
    sharing: (any BatchSharing)? = nil, precision: Precision = .full
  ) throws -> Tensor {
    guard let side = adapter?.side else {
      return try features(
        pixels, Passage(adapter: adapter, mode: mode, draws: draws, sharing: sharing, precision: precision))
    }
    // Beside a side path the trunk is frozen and runs as in evaluation: its features may have been computed before.
    return try side.forward(features(pixels, Passage(adapter: nil, mode: .evaluation, precision: precision)), mode)
  }
}

extension Adapter {
  /// What a head reads of the trunk's features N×F, computed beforehand by ``Trunk/deployedFeatures()``; of an adapter
  /// of the kind `side`. Any other corrects within the trunk, and leaves its features as they are.
  /// - Throws: `TorchError`.
  public func corrected(features: Tensor, _ mode: Mode) throws -> Tensor {
    try side?.forward(features, mode) ?? features
  }
}
