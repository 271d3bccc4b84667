import Foundation
import OrderedCollections
import RandomStreams
import TensorFiles
import TorchCore

/// A task's network and its record as one safetensors file.
///
/// The trunk has PyTorch's key names (`conv1.weight`, `layer1.0.bn1.running_mean`, …), the head is `fc`, and what the
/// adapter adds stands under `adapter.`; an expansion of the features is `expansion.weight`.
public struct NetworkWeights {
  public let record: NetworkRecord
  public let network: TaskNetwork

  /// - Throws: `DescriptionError` where there is not one name for each logit.
  public init(_ network: TaskNetwork, classes: [String]) throws {
    record = NetworkRecord(
      description: network.trunk.description, inputShape: network.trunk.inputShape, classes: classes,
      adapter: network.adapter?.description, expansion: network.expansion?.outputs)
    self.network = network
    try record.validate()
    guard network.head.weight.value.size(0) == classes.count else {
      throw DescriptionError("\(classes.count) class names cannot name \(network.head.weight.value.size(0)) logits")
    }
  }

  /// Writes the file atomically.
  /// - Throws: `TensorFileError` naming the file.
  public func write(to url: URL) throws {
    var file = SafetensorsFile(metadata: [NetworkRecord.metadataKey: try record.encoded()])
    for (part, module) in parts(of: network) {
      for (path, tensor) in try module.state() { file.tensors[part + path] = tensor }
    }
    try file.write(to: url)
  }

  /// Reads a file: builds the network that its record describes, and loads it.
  /// - Throws: ``WeightsError`` or `TensorFileError`, naming the file, what does not fit and where. A record that claims
  ///   more than the file holds is refused before anything is built.
  public init(contentsOf url: URL) throws {
    try self.init(SafetensorsFile(contentsOf: url), path: url.path)
  }

  /// The same from a file that has been read; `path` is what errors call it.
  public init(_ file: SafetensorsFile, path: String) throws {
    record = try NetworkRecord(metadata: file.metadata, path: path)
    try NetworkSkeleton(record: record).check(file.tensors, path: path)

    let channels = record.inputShape[0]
    // Replaced, like every parameter, by what the file holds.
    let statistics = PixelStatistics.identity(channels: channels)
    let stream = RandomStream(seed: 0)
    let trunk = try record.description.makeTrunk(
      inputShape: record.inputShape, statistics: statistics, stream: stream)
    let expansion = try record.expansion.map {
      try FeatureExpansion(inputs: trunk.featureCount, outputs: $0, stream: stream)
    }
    let head = try record.description.makeHead(
      features: expansion?.outputs ?? trunk.featureCount, classCount: record.classes.count, stream: stream)
    let adapter = try record.adapter.map { try Adapter(for: trunk, $0, stream: stream) }
    network = TaskNetwork(trunk: trunk, adapter: adapter, expansion: expansion, head: head)

    var states: [String: OrderedDictionary<String, HostTensor>] = [:]
    for (key, tensor) in file.tensors {
      let part = ["fc.", "adapter.", "expansion."].first(where: key.hasPrefix) ?? ""
      states[part, default: [:]][String(key.dropFirst(part.count))] = tensor
    }
    for (part, module) in parts(of: network) {
      do {
        try module.load(states.removeValue(forKey: part) ?? [:])
      } catch let error as StateError {
        throw WeightsError(path: path, reason: part.isEmpty ? error.reason : "in '\(part)': \(error.reason)")
      }
    }
    if let (part, state) = states.first {
      throw WeightsError(
        path: path, reason: "tensor '\(part)\(state.keys.first ?? "")' belongs to no part of the network")
    }
  }
}

/// The network's modules, and what stands before their paths in a file.
private func parts(of network: TaskNetwork) -> [(String, any Module)] {
  [("", network.trunk), ("fc.", network.head)] + (network.adapter.map { [("adapter.", $0)] } ?? [])
    + (network.expansion.map { [("expansion.", $0)] } ?? [])
}
