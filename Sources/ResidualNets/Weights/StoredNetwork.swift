import Foundation
import TensorFiles
import TorchCore

/// The network of a file of weights, in whichever way it is known: from what the file says of itself, else from a
/// description, else from the names and shapes of its tensors (torchvision's ResNets, and an `nn.Sequential`).
///
/// This is the one place that decides.
public struct StoredNetwork {
  /// Trunk, adapter and head; nil of an `nn.Sequential`, which has no such parts.
  public let trained: TaskNetwork?
  public let deployed: DeployedNetwork
  /// What its outputs stand for, in order; nil where nobody said.
  public let classes: [String]?
  /// What was taken for granted because the file does not say it.
  public let remarks: [String]

  /// - Parameters:
  ///   - description: what the weights are of, for a file that does not describe itself.
  ///   - inputShape: channels, height, width of the pixels, for a file that does not say.
  /// - Throws: ``StoredNetworkError`` for what has to be said besides; ``WeightsError`` or `TensorFileError`, naming the
  ///   file and what does not fit.
  public init(contentsOf url: URL, description: WeightsDescription? = nil, inputShape: [Int]? = nil) throws {
    let file = try SafetensorsFile(contentsOf: url)
    let path = url.path
    if file.metadata[NetworkRecord.metadataKey] != nil {
      let weights = try NetworkWeights(file, path: path)
      self.init(
        trained: weights.network, deployed: try weights.network.deployed(), classes: weights.record.classes, remarks: []
      )
      return
    }
    switch description {
    case .family(let family):
      guard let inputShape else { throw StoredNetworkError.imageShape(path: path) }
      try self.init(file, path: path, family, inputShape: inputShape, remarks: [])
    case .sequential(let geometries):
      try self.init(file, path: path, geometries, inputShape: inputShape)
    case nil where TorchvisionWeights.names(file.tensors):
      let recognised = try TorchvisionWeights(file.tensors, path: path)
      if let inputShape, inputShape.first != recognised.channels {
        throw WeightsError(
          path: path,
          reason: "the network takes images of \(recognised.channels) channels, and these have "
            + "\(inputShape.first ?? 0)")
      }
      let shape = inputShape ?? [recognised.channels] + TorchvisionWeights.usualSize
      var remarks = ["\(path): \(recognised.description.summary)"]
      if inputShape == nil { remarks.append("\(path) does not say how large its images are: taken to be 224×224") }
      try self.init(file, path: path, recognised.description, inputShape: shape, remarks: remarks)
    case nil where !file.tensors.isEmpty && !file.tensors.keys.contains(where: Self.isOfSequential):
      throw StoredNetworkError.network(path: path, key: file.tensors.keys[0])
    case nil:
      try self.init(file, path: path, [:], inputShape: inputShape)
    }
  }

  private init(trained: TaskNetwork?, deployed: DeployedNetwork, classes: [String]?, remarks: [String]) {
    (self.trained, self.deployed, self.classes, self.remarks) = (trained, deployed, classes, remarks)
  }

  private init(
    _ file: SafetensorsFile, path: String, _ family: NetworkDescription, inputShape: [Int], remarks: [String]
  ) throws {
    let network = try NetworkWeights(file, path: path, description: family, inputShape: inputShape).network
    let missing =
      NetworkWeights.saysNormalization(file.tensors)
      ? [] : ["\(path) has no normalize.mean and normalize.std: its network sees pixels on [0, 1] as they are"]
    self.init(trained: network, deployed: try network.deployed(), classes: nil, remarks: remarks + missing)
  }

  private init(
    _ file: SafetensorsFile, path: String, _ geometries: [String: ConvolutionGeometry], inputShape: [Int]?
  ) throws {
    guard inputShape != nil || !Self.beginsWithConvolution(file) else {
      throw StoredNetworkError.imageShape(path: path)
    }
    let network = try SequentialWeights(file, path: path, inputShape: inputShape, geometries: geometries).network
    self.init(trained: nil, deployed: network, classes: nil, remarks: [])
  }

  private static func isOfSequential(_ key: String) -> Bool {
    key.split(separator: ".").first.flatMap { Int($0) } != nil
  }

  /// Whether the first layer of an `nn.Sequential` has the four axes of a convolution.
  private static func beginsWithConvolution(_ file: SafetensorsFile) -> Bool {
    let layers = file.tensors.compactMap { key, tensor in
      key.hasSuffix(".weight") ? Int(key.dropLast(".weight".count)).map { (index: $0, axes: tensor.shape.count) } : nil
    }
    return layers.min { $0.index < $1.index }?.axes == 4
  }
}

/// A file of weights that says too little of its network. What is missing has to come from elsewhere.
public enum StoredNetworkError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Channels, height and width of the images.
  case imageShape(path: String)
  /// What network it is: the names of its tensors, the first of which is `key`, are of none that is recognised.
  case network(path: String, key: String)

  public var description: String {
    switch self {
    case .imageShape(let path): "\(path): the file does not say how large its images are"
    case .network(let path, let key):
      "\(path): '\(key.prefix(80))' is no key of an nn.Sequential, which has N.weight and N.bias, nor of torchvision's "
        + "ResNet-18, 34 or 50"
    }
  }
}
