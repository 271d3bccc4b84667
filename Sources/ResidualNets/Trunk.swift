import RandomStreams
import TorchCore

/// A network up to its features: what is learned once, frozen, and shared by all tasks.
public protocol Trunk: Module {
  var description: NetworkDescription { get }
  /// Channels, height, width of the pixels.
  var inputShape: [Int] { get }
  var featureCount: Int { get }

  /// The layers that an adapter may stand beside, and the norms it replaces.
  var adaptableConvolutions: [Conv2d] { get }
  var adaptableLinears: [Linear] { get }
  var norms: [any Norm] { get }

  /// Features N×F of pixels N×C×H×W in [0, 1].
  func features(_ pixels: Tensor, _ passage: Passage) throws -> Tensor

  /// The same function as deployed stages, and a factor per feature (F, float64) that the head is to take over.
  func deployedBody(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?)
}

extension NetworkDescription {
  /// Builds the network with fresh parameters from the stream.
  /// - Throws: `DescriptionError` where the description makes no sense.
  public func makeTrunk(
    inputShape: [Int], statistics: PixelStatistics, stream: RandomStream
  ) throws -> any Trunk {
    try validate()
    return switch family {
    case .preActivationResNet, .postActivationResNet:
      try ResNet(self, inputShape: inputShape, statistics: statistics, stream: stream)
    case .residualMLP:
      try ResidualMLP(self, inputShape: inputShape, statistics: statistics, stream: stream)
    }
  }

  /// A head from the trunk's features to `classCount` logits.
  public func makeHead(features: Int, classCount: Int, stream: RandomStream) throws -> Linear {
    try Linear(
      site: "head", inputs: features, outputs: classCount, budget: branchBudget == nil ? nil : headBudget,
      stream: stream)
  }

  func makeNorm(site: String, channels: Int) throws -> (any Norm)? {
    switch norm {
    case .batch: try BatchNorm2d(site: site, channels: channels)
    case .group:
      // The most groups up to eight that divide the channels.
      try GroupNorm(site: site, channels: channels, groups: (1...8).last { channels.isMultiple(of: $0) } ?? 1)
    case .none: nil
    }
  }
}
