import ArgumentParser
import Foundation
import Steadfast

/// Which network, and which images it is judged on.
struct SubjectOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("A run folder, or a safetensors file of weights.", valueName: "run|weights"))
  var subject: String

  @Option(
    help: ArgumentHelp(
      "A folder of PNG images with the network's classes. (default: the run's own)", valueName: "folder"))
  var data: String?

  @Option(
    help: ArgumentHelp("A configuration that says what network the weights are of.", valueName: "config.yaml"))
  var network: String?

  @Option(
    name: .customLong("batch-size"),
    help: "Images per batch. Bits of the results depend on it. (default: the run's own, else 100)")
  var batchSize: Int?

  @Option(help: "Torch's threads; 0 means one per core. (default: the run's own, else 0)") var threads: Int?

  @Option(help: "Use at most this many test images of each network. (default: all)") var images: Int?

  func validate() throws {
    guard (1...65536).contains(batchSize ?? 1) else { throw ValidationError("--batch-size must be 1 to 65536") }
    guard (0...1024).contains(threads ?? 0) else { throw ValidationError("--threads must be 0 to 1024") }
    guard (images ?? 1) >= 1 else { throw ValidationError("--images must be at least 1") }
  }

  /// What there is to work on, and how.
  struct Material {
    let subjects: [Subject]
    let images: ImageFolder?
    let batchSize: Int
    /// Of the run, if it is one.
    let attacks: [Configuration.Attack]
  }

  /// The networks, and the folder of images where there is one. A run's own settings hold unless others are given.
  @TorchActor
  func load(_ console: Console) throws -> Material {
    let path = try InputFiles.existing(subject)
    let run = try InputFiles.configuration(ofRun: path)
    let threads = threads ?? run?.compute.threads ?? 0
    try Torch.setThreads(threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount)
    let images = try loadImages(console, run: run)
    let subjects = try Subjects.load(
      path, networkConfiguration: network.map(InputFiles.existing),
      inputShape: images?.test.shape.inputShape)
    guard !subjects.isEmpty else { throw CommandError(.badInput, "\(subject): holds no trained network yet") }
    return Material(
      subjects: subjects, images: images,
      batchSize: batchSize ?? run?.evaluation.batchSize ?? Configuration().evaluation.batchSize,
      attacks: run?.evaluation.attacks ?? [])
  }

  /// The folder that was named, else the run's own; read as the run read it.
  private func loadImages(_ console: Console, run: Configuration?) throws -> ImageFolder? {
    guard let folder = try data.map({ try InputFiles.existing($0) }) ?? run.map({ InputFiles.url($0.data.folder) })
    else {
      return nil
    }
    var options = run.map { $0.data.imageFolderOptions(seed: $0.seed) } ?? ImageFolderOptions()
    options.progress = { console.progress("read \(folder.path)", done: $0, of: $1, unit: "images") }
    return try ImageFolder.load(folder, options: options)
  }
}

/// The test images of one network, in order, with the outputs that would be right.
struct TestImages {
  let set: ImageSet
  let indices: [Int]
  let labels: [Int]
  private let device: Device

  /// - Parameter limit: at most so many, spread evenly over all.
  init(_ folder: ImageFolder, for subject: Subject, limit: Int?) throws {
    set = folder.test
    device = subject.network.headWeight.device
    let (network, found) = (subject.network, set.shape.inputShape)
    guard network.inputShape == found else {
      throw CommandError(
        .badInput,
        "\(folder.root): images are \(found) (channels, height, width), \(subject.name) takes \(network.inputShape)")
    }
    let classes = subject.classes ?? folder.classes
    guard classes.count == network.classCount else {
      throw CommandError(
        .badInput, "\(folder.root) has \(classes.count) classes, \(subject.name) tells \(network.classCount) apart")
    }
    let outputs = try classes.map { name in
      guard let label = folder.classes.firstIndex(of: name) else {
        throw CommandError(.badInput, "\(folder.root) has no class '\(name)', which \(subject.name) was trained on")
      }
      return label
    }
    let output = Dictionary(zip(outputs, outputs.indices), uniquingKeysWith: { first, _ in first })
    let all = folder.test.labels.enumerated().compactMap { index, label in output[label].map { (index, $0) } }
    let count = min(limit ?? all.count, all.count)
    let chosen = (0..<count).map { all[$0 * all.count / count] }
    indices = chosen.map(\.0)
    labels = chosen.map(\.1)
  }

  /// So many places, spread evenly over the images, which stand class by class.
  func places(_ limit: Int) -> [Int] {
    let count = min(max(0, limit), labels.count)
    return (0..<count).map { $0 * labels.count / count }
  }

  /// N×C×H×W in [0, 1], fp32, on the network's device.
  func pixels(_ places: some Collection<Int>) throws -> Tensor {
    try set.pixels(places.map { indices[$0] }, on: device)
  }
}
