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

  @Option(name: .customLong("batch-size"), help: "Images per batch. Bits of the results depend on it.")
  var batchSize = 100

  @Option(help: "Use at most this many test images of each network. (default: all)") var images: Int?

  func validate() throws {
    guard (1...65536).contains(batchSize) else { throw ValidationError("--batch-size must be 1 to 65536") }
    guard (images ?? 1) >= 1 else { throw ValidationError("--images must be at least 1") }
  }

  /// The networks, and the folder of images where there is one.
  @TorchActor
  func load(_ console: Console) throws -> (subjects: [Subject], images: ImageFolder?) {
    let path = try InputFiles.existing(subject)
    try Torch.setThreads(ProcessInfo.processInfo.activeProcessorCount)
    let images = try loadImages(console, run: path)
    let subjects = try Subjects.load(
      path, networkConfiguration: network.map(InputFiles.existing),
      inputShape: images.map { [$0.test.channels, $0.test.height, $0.test.width] })
    guard !subjects.isEmpty else { throw CommandError(.badInput, "\(subject): holds no trained network yet") }
    return (subjects, images)
  }

  /// The folder that was named, else the run's own; read as the run read it.
  private func loadImages(_ console: Console, run: URL) throws -> ImageFolder? {
    var options = ImageFolderOptions()
    var folder = try data.map(InputFiles.existing)
    let stored = run.appendingPathComponent("config.yaml")
    if FileManager.default.fileExists(atPath: stored.path) {
      let configuration = try ConfigurationReader.read(contentsOf: stored)
      options.seed = configuration.seed
      options.testFraction = configuration.data.testFraction
      options.form =
        switch configuration.data.form {
        case .auto: nil
        case .gray: .gray
        case .rgb: .rgb
        }
      folder = folder ?? InputFiles.url(configuration.data.folder)
    }
    guard let folder else { return nil }
    options.progress = { console.progress("read \(folder.path)", done: $0, of: $1, unit: "images") }
    return try ImageFolder.load(folder, options: options)
  }
}

/// The test images of one network, in order, with the outputs that would be right.
struct TestImages {
  let set: ImageSet
  let indices: [Int]
  let labels: [Int]

  /// - Parameter limit: at most so many, spread evenly over all.
  init(_ folder: ImageFolder, for subject: Subject, limit: Int?) throws {
    set = folder.test
    let (network, found) = (subject.network, [set.channels, set.height, set.width])
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

  /// N×C×H×W in [0, 1], fp32, channels-last.
  func pixels(_ places: Range<Int>) throws -> Tensor {
    let bytes = try Tensor(set.gather(Array(indices[places])), [places.count, set.height, set.width, set.channels])
    return try bytes.permuted([0, 3, 1, 2]).to(.float32) / 255
  }
}
