import Foundation
import ImageData
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

  /// What a run is attacked with must be what it was trained and tested on: an image more or less can turn images that
  /// were learned into test images.
  /// - Throws: `RunError.dataDiffers`, `RunError.damaged`.
  public static func requireSameImages(_ stream: TaskStream, asRun url: URL) throws {
    let folder = try RunFolder(existing: url, for: .reading)
    guard let stored = try CheckpointStore(root: folder.checkpoints).imageDigests() else { return }
    let found = try RunMaterial.digests(stream)
    try RunMaterial.requireSame(found, stored.filter { found.keys.contains($0.key) }, as: url.path)
  }

  /// The networks that a finished run has written; of an unfinished one, those of its newest checkpoint.
  @TorchActor
  private static func ofRun(_ url: URL) throws -> [Subject] {
    let folder = try RunFolder(existing: url, for: .reading)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.networks.path)) ?? []
    // Longer names hold larger numbers.
    let files = names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }
      .sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
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
        classes: benchmark.task.classNames)
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
        case .family(let description):
          try NetworkWeights(
            file, path: url.path, description: description, inputShape: requireShape(inputShape, url)
          ).network.deployed()
        case .sequential(let geometries):
          try SequentialWeights(file, path: url.path, inputShape: inputShape, geometries: geometries).network
        }
      return Subject(name: name, network: network, classes: nil)
    }
    let network = try SequentialWeights(file, path: url.path, inputShape: inputShape).network
    return Subject(name: name, network: network, classes: nil)
  }

  private static func requireShape(_ inputShape: [Int]?, _ url: URL) throws -> [Int] {
    guard let inputShape else {
      throw WeightsError(
        path: url.path, reason: "the file does not say how large its images are: name a folder with --data")
    }
    return inputShape
  }
}
