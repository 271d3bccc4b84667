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
    let images: TestSource?
    let batchSize: Int
    /// Of the run, if it is one.
    let attacks: [Configuration.Attack]
  }

  /// The networks, and the images where there are any. A run's own settings hold unless others are given.
  @TorchActor
  func load(_ console: Console) throws -> Material {
    let path = try InputFiles.existing(subject)
    let run = try InputFiles.configuration(ofRun: path)
    let threads = threads ?? run?.compute.threads ?? 0
    try Torch.setThreads(threads)
    let images = try loadImages(console, run: run)
    let subjects = try Subjects.load(
      path, networkConfiguration: network.map(InputFiles.existing),
      inputShape: images?.shape?.inputShape)
    guard !subjects.isEmpty else { throw CommandError(.badInput, "\(subject): holds no trained network yet") }
    return Material(
      subjects: subjects, images: images,
      batchSize: batchSize ?? run?.evaluation.batchSize ?? Configuration().evaluation.batchSize,
      attacks: run?.evaluation.attacks ?? [])
  }

  /// The folder that was named, else the run's own tasks; read as the run read them.
  private func loadImages(_ console: Console, run: Configuration?) throws -> TestSource? {
    var options = run.map { $0.data.imageFolderOptions(seed: $0.seed) } ?? ImageFolderOptions()
    options.progress = { console.progress("read images", done: $0, of: $1, unit: "images") }
    if let data { return .folder(try ImageFolder.load(InputFiles.existing(data), options: options)) }
    guard let run else { return nil }
    return .tasks(
      try run.data.stream.open(folder: InputFiles.url(run.data.folder), options: options, seed: run.seed).tasks)
  }
}
