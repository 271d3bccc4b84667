import OrderedCollections
import TensorFiles

/// torchvision's ResNet-18, 34 or 50, recognised from the keys and shapes of its state dict.
///
/// Source of the names: `torchvision.models.resnet`. Blocks per stage and the presence of `conv3` tell the network, the
/// 7×7 kernel `conv1.weight` its width and channels. How large its images are is not in the file.
public struct TorchvisionWeights: Sendable, Hashable {
  public let description: NetworkDescription
  /// Of the pixels.
  public let channels: Int

  /// Height and width that these networks are published for.
  public static let usualSize = [224, 224]

  /// Whether a file has the names of a residual network, so that it is to be read as one or refused.
  public static func names(_ tensors: OrderedDictionary<String, HostTensor>) -> Bool {
    tensors["conv1.weight"] != nil && tensors.keys.contains { $0.hasPrefix("layer1.") }
  }

  /// - Throws: ``WeightsError`` naming `path` and what none of the three networks has. Which tensors there have to be, and
  ///   of what shapes, is checked where they are loaded.
  public init(_ tensors: OrderedDictionary<String, HostTensor>, path: String) throws {
    func fault(_ reason: String) -> WeightsError {
      WeightsError(
        path: path,
        reason: "the names are those of a residual network, but \(reason); only torchvision's ResNet-18, 34 and 50 are "
          + "recognised", lacksDescription: true)
    }
    guard let stem = tensors["conv1.weight"] else { throw fault("there is no conv1.weight") }
    guard stem.shape.count == 4, stem.shape[2...] == [7, 7], stem.count > 0 else {
      throw fault("conv1.weight has shape \(stem.shape), not out×in×7×7")
    }
    let counts = try (1...4).map { try Self.blockCount(ofStage: $0, tensors.keys, fault) }
    let isBottleneck = tensors["layer1.0.conv3.weight"] != nil
    let architecture: NetworkDescription.Architecture
    switch (counts, isBottleneck) {
    case ([2, 2, 2, 2], false): architecture = .resnet18
    case ([3, 4, 6, 3], false): architecture = .resnet34
    case ([3, 4, 6, 3], true): architecture = .resnet50
    default:
      throw fault(
        "it has \(counts) blocks of \(isBottleneck ? "three convolutions" : "two convolutions") in its stages")
    }
    description = NetworkDescription(
      architecture: architecture, depth: architecture.usualSize.depth, width: stem.shape[0], block: .postActivation,
      norm: .batch)
    channels = stem.shape[1]
  }

  /// Blocks are numbered from 0, without a gap.
  private static func blockCount(
    ofStage stage: Int, _ keys: some Sequence<String>, _ fault: (String) -> WeightsError
  ) throws -> Int {
    var found: Set<Int> = []
    for key in keys where key.hasPrefix("layer\(stage).") {
      let parts = key.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count > 2, let index = Int(parts[1]), index >= 0, String(index) == parts[1] else {
        throw fault("'\(key.prefix(80))' belongs to no block")
      }
      found.insert(index)
    }
    guard found.isEmpty || found.max() == found.count - 1 else {
      throw fault("the blocks of layer\(stage) are not numbered one after another")
    }
    return found.count
  }
}

extension NetworkDescription {
  /// Whether both have parameters of the same names and shapes up to the readout, used in the same way.
  public func hasSameWeights(as other: NetworkDescription) -> Bool {
    (architecture, depth, width) == (other.architecture, other.depth, other.width)
      && (block, shortcut, norm) == (other.block, other.shortcut, other.norm)
  }
}
