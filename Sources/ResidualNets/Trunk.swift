import RandomStreams
import TorchCore

/// A network up to its features: what is learned once, frozen, and shared by all tasks.
///
/// It is a chain: h₀ = ``embed(_:_:)``, h_{l+1} = block l of h_l, features = ``readout(_:_:)`` of the last state.
public protocol Trunk: Module {
  var description: NetworkDescription { get }
  /// Channels, height, width of the pixels.
  var inputShape: [Int] { get }
  var featureCount: Int { get }
  var blocks: [any Block] { get }

  /// Layers and norms outside the blocks that an adapter may stand beside or replace.
  var otherConvolutions: [Conv2d] { get }
  var otherLinears: [Linear] { get }
  var otherNorms: [any Norm] { get }

  /// h₀ of pixels N×C×H×W in [0, 1].
  func embed(_ pixels: Tensor, _ passage: Passage) throws -> Tensor
  /// Features N×F of the last state.
  func readout(_ h: Tensor, _ passage: Passage) throws -> Tensor

  func deployedEmbedding(_ passage: Passage) throws -> [Stage]
  /// The readout as stages, and a factor per feature (F, float64) that the head is to take over.
  func deployedReadout(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?)
}

extension Trunk {
  public var otherConvolutions: [Conv2d] { [] }
  public var otherLinears: [Linear] { [] }
  public var otherNorms: [any Norm] { [] }

  /// The layers that an adapter may stand beside, and the norms it replaces, each once.
  public var adaptableConvolutions: [Conv2d] { distinct(otherConvolutions + blocks.flatMap(\.branch.convolutions)) }
  public var adaptableLinears: [Linear] { distinct(otherLinears + blocks.flatMap(\.branch.linears)) }
  public var norms: [any Norm] {
    distinct(otherNorms + blocks.flatMap { $0.branch.norms + ($0.shortcut?.norm.map { [$0] } ?? []) })
  }

  /// Features N×F of pixels N×C×H×W in [0, 1].
  public func features(_ pixels: Tensor, _ passage: Passage) throws -> Tensor {
    try readout(blocks.reduce(embed(pixels, passage)) { try $1.forward($0, passage) }, passage)
  }

  /// The same function as deployed stages, and a factor per feature (F, float64) that the head is to take over.
  public func deployedBody(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?) {
    let (readout, featureScale) = try deployedReadout(passage)
    return (try deployedEmbedding(passage) + blocks.flatMap { try $0.deployed(passage) } + readout, featureScale)
  }

  /// What a fresh network takes from the images it is about to learn: shortcuts onto principal components are fitted,
  /// block by block. Other networks take nothing.
  /// - Parameter pixels: N×C×H×W in [0, 1]; a few hundred suffice.
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
    case .vit:
      try VisionTransformer(self, inputShape: inputShape, statistics: statistics, stream: stream)
    }
  }

  /// A head from the trunk's features to `classCount` logits.
  public func makeHead(features: Int, classCount: Int, stream: RandomStream) throws -> Linear {
    try Linear(
      site: "head", inputs: features, outputs: classCount, budget: branchBudget == nil ? nil : headBudget,
      initialization: initialization == .fixup ? .zero : .uniform, stream: stream)
  }

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
