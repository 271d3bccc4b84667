import RandomStreams
import TorchCore

/// A network up to its features: what is learned once, frozen, and shared by all tasks.
///
/// It is a chain: h₀ = ``embed(_:_:)``, h_{l+1} = block l of h_l, features = ``readout(_:_:)`` of the last state.
public protocol Trunk: Module {
  /// What it was built from, and can be built from again.
  var description: NetworkDescription { get }
  /// Channels, height, width of the pixels.
  var inputShape: [Int] { get }
  /// F, the length of a sample's features.
  var featureCount: Int { get }
  /// In order of evaluation; their number is the length of the chain.
  var blocks: [any Block] { get }

  /// Convolutions outside the blocks that an adapter may stand beside.
  var otherConvolutions: [Conv2d] { get }
  /// Linear layers outside the blocks that an adapter may stand beside.
  var otherLinears: [Linear] { get }
  /// Norms outside the blocks, which an adapter replaces by the task's own.
  var otherNorms: [any Norm] { get }

  /// h₀ of pixels N×C×H×W in [0, 1].
  /// - Throws: `TorchError` for pixels of another shape, type or device.
  func embed(_ pixels: Tensor, _ passage: Passage) throws -> Tensor
  /// Features N×F of the last state.
  /// - Throws: `TorchError` for a state that is not the last block's.
  func readout(_ h: Tensor, _ passage: Passage) throws -> Tensor

  /// The function of ``embed(_:_:)`` as stages, norms folded and adapters merged.
  /// - Throws: `TorchError`.
  func deployedEmbedding(_ passage: Passage) throws -> [Stage]
  /// The readout as stages, and a factor per feature (F, float64) that the head is to take over.
  /// - Throws: `TorchError`.
  func deployedReadout(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?)
}

extension Trunk {
  public var otherConvolutions: [Conv2d] { [] }
  public var otherLinears: [Linear] { [] }
  public var otherNorms: [any Norm] { [] }

  /// The convolutions that an adapter may stand beside, each once.
  public var adaptableConvolutions: [Conv2d] { distinct(otherConvolutions + blocks.flatMap(\.branch.convolutions)) }
  /// The linear layers that an adapter may stand beside, each once.
  public var adaptableLinears: [Linear] { distinct(otherLinears + blocks.flatMap(\.branch.linears)) }
  /// All norms, those of shortcuts included, each once.
  public var norms: [any Norm] {
    distinct(otherNorms + blocks.flatMap { $0.branch.norms + ($0.shortcut?.norm.map { [$0] } ?? []) })
  }

  /// Features N×F of pixels N×C×H×W in [0, 1].
  /// - Throws: `TorchError` for pixels that do not fit, `SolverFailure` where an implicit block finds no root,
  ///   `DescriptionError` where it is to be looked for in less than the parameters' precision.
  public func features(_ pixels: Tensor, _ passage: Passage) throws -> Tensor {
    let h = try blocks.reduce(embed(pixels, passage)) { try $1.forward($0, passage) }
    return try passage.precision.leaving(readout(h, passage))
  }

  /// The same function as deployed stages, and a factor per feature (F, float64) that the head is to take over. Where
  /// gradients are recorded, the constants of linear layers and batch norms have a graph.
  /// - Throws: `TorchError`.
  public func deployedBody(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?) {
    let (readout, featureScale) = try deployedReadout(passage)
    return (try deployedEmbedding(passage) + blocks.flatMap { try $0.deployed(passage) } + readout, featureScale)
  }

  /// What a fresh network takes from the images it is about to learn: shortcuts onto principal components are fitted,
  /// block by block. Other networks take nothing.
  /// - Parameter pixels: N×C×H×W in [0, 1]; a few hundred suffice.
  /// - Throws: `TorchError` for pixels that do not fit, `SolverFailure` where an implicit block finds no root.
  public func fit(to pixels: Tensor) throws {
    guard description.shortcut == .principalComponents else { return }
    try withoutGradients {
      let passage = Passage(adapter: nil, mode: .evaluation)
      var h = try embed(pixels, passage)
      for block in blocks {
        try block.shortcut?.fitPrincipalComponents(h)
        h = try block.forward(h, passage)
      }
    }
  }
}

/// The modules in order, those used in several places once.
private func distinct<Element>(_ modules: [Element]) -> [Element] {
  var seen: Set<ObjectIdentifier> = []
  return modules.filter { seen.insert(ObjectIdentifier($0 as AnyObject)).inserted }
}

extension NetworkDescription {
  /// Builds the network with fresh parameters from the stream.
  /// - Throws: `DescriptionError` where the description makes no sense.
  public func makeTrunk(
    inputShape: [Int], statistics: PixelStatistics, stream: RandomStream
  ) throws -> any Trunk {
    try validate()
    try validate(inputShape: inputShape)
    return switch architecture {
    case .resnet, .resnet18, .resnet34, .resnet50:
      try ResNet(self, inputShape: inputShape, statistics: statistics, stream: stream)
    case .mlp:
      try MLP(self, inputShape: inputShape, statistics: statistics, stream: stream)
    case .perceptron:
      try Perceptron(self, inputShape: inputShape, statistics: statistics, stream: stream)
    case .convnet:
      try Convnet(self, inputShape: inputShape, statistics: statistics, stream: stream)
    case .vit:
      try VisionTransformer(self, inputShape: inputShape, statistics: statistics, stream: stream)
    }
  }

  /// A head from the trunk's features to `classCount` logits.
  /// - Throws: `TorchError`.
  public func makeHead(features: Int, classCount: Int, stream: RandomStream) throws -> Linear {
    try Linear(
      site: "head", inputs: features, outputs: classCount, budget: branchBudget == nil ? nil : headBudget,
      initialization: initialization == .fixup ? .zero : .uniform, stream: stream)
  }

  /// The norm that the description asks for; nil for none.
  func makeNorm(site: String, channels: Int) throws -> (any Norm)? {
    switch norm {
    case .batch: try BatchNorm2d(site: site, channels: channels)
    case .group:
      // The most groups up to eight that divide the channels.
      try GroupNorm(site: site, channels: channels, groups: (1...8).last { channels.isMultiple(of: $0) } ?? 1)
    case .layer: try LayerNorm(site: site, features: channels)
    case .none: nil
    }
  }
}
