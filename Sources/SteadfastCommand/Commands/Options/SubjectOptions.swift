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
    let networks: [JudgedNetwork]
    let images: TestSource?
    let batchSize: Int
    /// Of the run, if it is one.
    let evaluation: Configuration.Evaluation?
  }

  /// The networks, and the images where there are any. A run's own settings hold unless others are given.
  ///
  /// - Parameters:
  ///   - neighbours: processes that do this together on this machine: "one thread per core" is then a share.
  ///   - device: where the networks shall be, given the run's own choice.
  @TorchActor
  func load(
    _ console: Console, sharingCoresWith neighbours: Int = 1,
    on device: (DeviceChoice?) throws -> Device = { _ in .cpu }
  ) throws -> Material {
    let path = try InputFiles.runOrWeights(subject)
    let run = try InputFiles.configuration(ofRun: path)
    try Torch.setThreads(threads ?? run?.compute.threads ?? 0, sharingCoresWith: neighbours)
    // Before images are read: a device that is not there must cost nothing.
    let device = try device(run?.compute.device)
    let images = try loadImages(console, run: run, at: path)
    let subjects = try StoredNetworkError.advising(imageShape: "--data FOLDER", network: "--network CONFIG") {
      try Subjects.load(
        path, networkConfiguration: network.map(InputFiles.configurationFile),
        inputShape: images?.shape?.inputShape)
    }
    for remark in subjects.flatMap(\.remarks) { console.note(remark) }
    guard !subjects.isEmpty else { throw CommandError(.badInput, "\(subject): holds no trained network yet") }
    return Material(
      networks: try subjects.enumerated().map { number, subject in
        JudgedNetwork(
          subject: device == .cpu ? subject : try subject.deployed(on: device), task: run == nil ? nil : number + 1,
          name: images?.taskName(number) ?? subject.name)
      }, images: images,
      batchSize: batchSize ?? run?.evaluation.batchSize ?? Configuration().evaluation.batchSize,
      evaluation: run?.evaluation)
  }

  /// The folder that was named, else the run's own tasks; read as the run read them.
  private func loadImages(_ console: Console, run: Configuration?, at path: URL) throws -> TestSource? {
    var options = run.map { $0.data.imageFolderOptions(seed: $0.seed) } ?? ImageFolderOptions()
    options.progress = { console.progress("read images", done: $0, of: $1, unit: "images") }
    if let data {
      let folder = try InputFiles.existing(data)
      guard let run, run.data.stream.kind.hasViews else {
        return .folder(try ImageFolder.load(folder, options: options), tasks: [])
      }
      // Views are drawn from the run's seed, whatever the images.
      let stream = try run.data.stream.open(folder: folder, options: options, seed: run.seed)
      return .folder(stream.folders[0], tasks: stream.tasks)
    }
    guard let run else { return nil }
    let stream = try run.data.stream.open(folder: InputFiles.url(run.data.folder), options: options, seed: run.seed)
    try Subjects.requireSameImages(stream, asRun: path)
    return .tasks(stream.tasks)
  }
}

/// A network that is attacked or bounded, as findings call it.
struct JudgedNetwork {
  let subject: Subject
  /// Its place in its run, from 1; nil of a network of no run.
  let task: Int?
  /// The task's where it is known: tasks may share their classes, which are the subject's name.
  let name: String

  var title: String { Self.title(name, task: task) }

  /// Tells networks of one run apart.
  static func title(_ name: String, task: Int?) -> String { task.map { "\($0): \(name)" } ?? name }
}

extension StreamDescription.Kind {
  /// Whether tasks are one folder, each seen in its own way.
  fileprivate var hasViews: Bool {
    switch self {
    case .permuted, .rotated, .degraded: true
    case .classSplit, .domains, .sequence, .manifest: false
    }
  }
}
