import Foundation
import ImageData
import Lipschitz
import ResidualNets
import TensorFiles
import TorchCore

/// A trained network to attack or to bound.
public struct Subject {
  /// The task's name, or the file's.
  public let name: String
  public private(set) var network: DeployedNetwork
  /// The parts that it was trained in; nil of an `nn.Sequential`.
  public let trained: TaskNetwork?
  /// What its outputs stand for, in order; nil where nobody said.
  public let classes: [String]?
  /// What was taken for granted about it.
  public let remarks: [String]
  /// Of a run, the bound that was kept when the task was learned; nil where none was.
  public let issued: IssuedBound?

  init(name: String, _ network: StoredNetwork) {
    self.name = name
    self.network = network.deployed
    trained = network.trained
    classes = network.classes
    remarks = network.remarks
    issued = nil
  }

  init(name: String, _ network: TaskNetwork, classes: [String], issued: IssuedBound?) throws {
    self.name = name
    self.network = try network.deployed()
    trained = network
    self.classes = classes
    remarks = []
    self.issued = issued
  }
}

extension Subject {
  /// The same with its deployed network on a device; what it was trained in stays.
  public func deployed(on device: Device) throws -> Subject {
    var subject = self
    subject.network = try network.mappingTensors { try $0.to(device) }
    return subject
  }
}

/// Networks from disk.
public enum Subjects {
  /// A run folder gives the network of each task that is learned; a safetensors file gives one network.
  ///
  /// - Parameters:
  ///   - networkConfiguration: a configuration whose `network` or `layers` the weights are of, for a file that does not
  ///     say.
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
      // Networks are whole without the checkpoints that they come from.
      let issued = (try? CheckpointStore(root: folder.checkpoints).issuedBounds()) ?? []
      return try files.enumerated().map { task, file in
        let weights = try NetworkWeights(contentsOf: folder.networks.appending(path: file))
        let classes = weights.record.classes
        return try Subject(
          name: classes.joined(separator: " + "), weights.network, classes: classes,
          issued: issued.indices.contains(task) ? issued[task] : nil)
      }
    }
    let configuration = try ConfigurationReader.read(contentsOf: folder.configuration)
    let session = try Session(
      configuration, folder, RunMaterial(configuration, observer: SilentObserver()), observer: SilentObserver(),
      interruption: Interruption())
    guard let entry = session.store.completed().last else {
      throw RunError.noSuchRun(folder: url.path, reason: "no task is learned yet")
    }
    let checkpoint = try session.store.read(entry, leavingParts: session.settlesParts)
    try session.rebuild(checkpoint)
    let issued = checkpoint.state.issued ?? session.issued
    // Parts are made anew when they are read, which takes the session.
    return try withExtendedLifetime(session) {
      try session.models.parts.indices.map { task in
        let benchmark = session.benchmarks[task]
        return try Subject(
          name: benchmark.task.name, session.models.network(for: task), classes: benchmark.task.classNames,
          issued: issued[task])
      }
    }
  }

  private static func ofWeights(_ url: URL, _ networkConfiguration: URL?, _ inputShape: [Int]?) throws -> Subject {
    let description = try networkConfiguration.map(ConfigurationReader.weights)
    return Subject(
      name: url.deletingPathExtension().lastPathComponent,
      try StoredNetwork(contentsOf: url, description: description, inputShape: inputShape))
  }
}
