import Foundation
import ImageData
import RandomStreams
import ResidualNets
import TensorFiles
import TorchCore

/// A trained network to attack or to bound.
public struct Subject {
  /// The task's name, or the file's.
  public let name: String
  public let network: DeployedNetwork
  /// What its outputs stand for, in order; nil where nobody said.
  public let classes: [String]?
}

/// Networks from disk.
public enum Subjects {
  /// A run folder gives the network of each task that is learned; a safetensors file gives one network.
  ///
  /// - Parameters:
  ///   - networkConfiguration: a configuration whose `network` or `layers` the weights are of, for a file that does not say.
  ///   - inputShape: channels, height, width of the images, for a file that does not say.
  /// - Throws: `RunError`, `WeightsError`, `TensorFileError`, `ConfigurationError`.
  @TorchActor
  public static func load(
    _ url: URL, networkConfiguration: URL? = nil, inputShape: [Int]? = nil
  ) throws -> [Subject] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw RunError.noSuchRun(folder: url.path, reason: "no such run folder or weights file")
    }
    return isFolder.boolValue ? try ofRun(url) : [try ofWeights(url, networkConfiguration, inputShape)]
  }

  /// The networks that a finished run has written; of an unfinished one, those of its newest checkpoint.
  @TorchActor
  private static func ofRun(_ url: URL) throws -> [Subject] {
    let folder = try RunFolder(existing: url, for: .reading)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.networks.path)) ?? []
    let files = names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }.sorted()
    guard files.isEmpty else {
      return try files.map { file in
        let weights = try NetworkWeights(contentsOf: folder.networks.appending(path: file))
        let classes = weights.record.classes
        return Subject(
          name: classes.joined(separator: " + "), network: try weights.network.deployed(), classes: classes)
      }
    }
    let configuration = try ConfigurationReader.read(contentsOf: folder.configuration)
    let session = try Session(
      configuration, folder, RunMaterial(configuration, observer: SilentObserver()), observer: SilentObserver(),
      interruption: Interruption())
    guard let entry = session.store.completed().last else {
      throw RunError.noSuchRun(folder: url.path, reason: "no task is learned yet")
    }
    try session.rebuild(session.store.read(entry))
    return try session.models.parts.indices.map { task in
      let benchmark = session.benchmarks[task]
      return Subject(
        name: benchmark.task.name, network: try session.models.network(for: task).deployed(),
        classes: benchmark.classNames)
    }
  }

  /// What the file says it is; else what the configuration says; else a PyTorch `nn.Sequential`, recognised by its keys.
  private static func ofWeights(_ url: URL, _ networkConfiguration: URL?, _ inputShape: [Int]?) throws -> Subject {
    let file = try SafetensorsFile(contentsOf: url)
    let name = url.deletingPathExtension().lastPathComponent
    if file.metadata[NetworkRecord.metadataKey] != nil {
      let weights = try NetworkWeights(file, path: url.path)
      return Subject(name: name, network: try weights.network.deployed(), classes: weights.record.classes)
    }
    if let networkConfiguration {
      let network =
        switch try ConfigurationReader.weights(contentsOf: networkConfiguration) {
        case .family(let description): try described(description, file, path: url.path, inputShape).deployed()
        case .sequential(let geometries):
          try SequentialWeights(file, path: url.path, inputShape: inputShape, geometries: geometries).network
        }
      return Subject(name: name, network: network, classes: nil)
    }
    let network = try SequentialWeights(file, path: url.path, inputShape: inputShape).network
    return Subject(name: name, network: network, classes: nil)
  }

  /// Weights with PyTorch's names for a network of one of our families; its head is `fc` or `head`.
  private static func described(
    _ description: NetworkDescription, _ file: SafetensorsFile, path: String, _ inputShape: [Int]?
  ) throws -> TaskNetwork {
    guard let inputShape else {
      throw WeightsError(path: path, reason: "the file does not say how large its images are: name a folder with --data")
    }
    guard let headName = ["fc", "head"].first(where: { file.tensors["\($0).weight"]?.shape.count == 2 }),
      let classCount = file.tensors["\(headName).weight"]?.shape[0], classCount >= 1
    else { throw WeightsError(path: path, reason: "there is no head: neither fc.weight nor head.weight") }
    let unit = PixelStatistics(
      mean: Array(repeating: 0, count: inputShape[0]), std: Array(repeating: 1, count: inputShape[0]))
    let stream = RandomStream(seed: 0)
    let trunk = try description.makeTrunk(inputShape: inputShape, statistics: unit, stream: stream)
    let head = try description.makeHead(features: trunk.featureCount, classCount: classCount, stream: stream)
    var (trunkState, headState) = (try trunk.state(), try head.state())
    for key in trunkState.keys where file.tensors[key] != nil { trunkState[key] = file.tensors[key] }
    // Pixels that come in normalised already need no normalising layer; every other tensor must be in the file.
    let missing = trunkState.keys.first { file.tensors[$0] == nil && !$0.hasPrefix("normalize.") }
    if let missing { throw WeightsError(path: path, reason: "tensor '\(missing)' is missing") }
    for key in headState.keys { headState[key] = file.tensors["\(headName).\(key)"] }
    do {
      try trunk.load(trunkState)
      try head.load(headState)
    } catch let error as StateError {
      throw WeightsError(path: path, reason: error.reason)
    }
    return TaskNetwork(trunk: trunk, adapter: nil, head: head)
  }
}
