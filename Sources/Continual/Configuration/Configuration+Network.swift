import RandomStreams
import ResidualNets
import TorchCore

extension Configuration {
  /// The network that the first task begins with where nothing is learned yet: what it is made of, not what it knows.
  /// With the adapter that later tasks have, where the strategy gives them one.
  ///
  /// - Parameters:
  ///   - inputShape: channels, height, width of the images.
  ///   - classCount: classes of a task.
  ///   - refinesNorms: whether a network with norm budgets keeps them already, as it does after some steps of training.
  ///     Without, the norm of each layer is estimated from one random vector.
  /// - Throws: `DescriptionError`, `TorchError`.
  @TorchActor
  public func untrainedNetwork(inputShape: [Int], classCount: Int, refinesNorms: Bool = true) throws -> TaskNetwork {
    let stream = RandomStream(seed: seed)
    let channels = inputShape.first ?? 0
    let trunk = try network.makeTrunk(
      inputShape: inputShape, statistics: .identity(channels: channels), stream: stream.stream("trunk"))
    let expansion =
      strategy.kind.traits.expandsFeatures
      ? try FeatureExpansion(
        inputs: trunk.featureCount, outputs: strategy.projection.features, stream: stream.stream("expansion")) : nil
    let head = try network.makeHead(
      features: expansion?.outputs ?? trunk.featureCount, classCount: classCount, stream: stream.stream("head"))
    // The trunk first: an adapter begins with its estimates.
    let plain = TaskNetwork(trunk: trunk, adapter: nil, expansion: expansion, head: head)
    if refinesNorms { try refine(plain, stream.stream("refinement")) }
    guard strategy.kind.traits.adaptsTrunk else { return plain }
    let adapter = try Adapter(for: trunk, strategy.adapter, stream: stream.stream("adapter"))
    let whole = TaskNetwork(trunk: trunk, adapter: adapter, head: head)
    if refinesNorms { try refine(whole, stream.stream("refinement")) }
    return whole
  }

  /// Passes of training without learning: each moves every constraint's vector by a step of power iteration. Nothing
  /// else of the network changes, since a network with budgets has no batch norm.
  @TorchActor
  private func refine(_ whole: TaskNetwork, _ stream: RandomStream) throws {
    guard network.branchBudget != nil else { return }
    let image = try Tensor.uniform([1] + whole.trunk.inputShape, stream.stream("image")).channelsLast()
    try withoutGradients {
      for pass in 0..<30 { _ = try whole.logits(image, .training, draws: stream.stream("pass").stream(pass)) }
    }
  }
}
