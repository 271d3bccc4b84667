import ArgumentParser
import Foundation
import Steadfast

struct NetworkShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "List a network's layers with their shapes, parameters and work.",
    discussion: """
      A run shows the networks it has learned, a file of weights the network it holds, and a configuration the network \
      that training would begin with, for the images it names or those of --input.

      One multiply-add is one use of a weight by a convolution or a linear layer, for one image. Activations are the \
      outputs of all layers, as training keeps them. Batch norms are listed as they are trained; deployed, they fold into \
      the layers beside them.

      With --bound, an upper bound on the Lipschitz constant from pixels to logits follows, or what keeps the network from \
      having one. That of a network which has learned nothing is of its random weights, on pixels that are not normalised.

      Examples:
        steadfast network show Configurations/demo.yaml
        steadfast network show net.yaml --input 3,224,224 --classes 1000
        steadfast network show resnet18.safetensors --bound
        steadfast network show runs/demo --json
      """)

  @Argument(
    help: ArgumentHelp(
      "A run folder, a safetensors file of weights, or a configuration (.yaml, .yml).", valueName: "config|run|weights")
  )
  var subject: String

  @Option(
    help: ArgumentHelp(
      "Channels, height and width of the images, for a configuration or weights. (default: as the data are decoded)",
      valueName: "C,H,W"))
  var input: PixelShape?

  @Option(help: "Classes that a configuration's network tells apart. (default: those of its first task)")
  var classes: Int?

  @Option(
    help: ArgumentHelp("A configuration that says what network the weights are of.", valueName: "config.yaml"))
  var network: String?

  @Option(changing: "Change a value of a configuration first; may be repeated.") var overrides: [String] = []

  @Flag(help: "Add the Lipschitz bound: of small networks it takes seconds, of large ones minutes.")
  var bound = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...1_000_000).contains(classes ?? 1) else { throw ValidationError("--classes must be 1 to 1000000") }
  }

  func run() async throws {
    try await output.perform { console in
      try await TorchActor.run { try summarize(console) }
    }
  }

  @TorchActor
  private func summarize(_ console: Console) throws -> NetworkFindings {
    if ["yaml", "yml"].contains(InputFiles.url(subject).pathExtension.lowercased()) {
      try refuse(["--network": network != nil], of: "a configuration says so itself")
      return try configured(InputFiles.configurationFile(subject), console)
    }
    let url = try InputFiles.runOrWeights(subject, besides: ".yaml")
    if InputFiles.isFolder(url) {
      try refuse(["--input": input != nil, "--network": network != nil], of: "a run says so itself")
      let stored = url.appending(RunFile.networks).path
      guard (try? FileManager.default.contentsOfDirectory(atPath: stored))?.isEmpty ?? true else {
        try refuse(["--classes": classes != nil, "--set": !overrides.isEmpty], of: "the networks are learned")
        return try findings(Subjects.load(url), console)
      }
      return try configured(InputFiles.configurationFile(subject + "/config.yaml"), console)
    }
    try refuse(["--classes": classes != nil, "--set": !overrides.isEmpty], of: "weights say so themselves")
    let subjects = try StoredNetworkError.advising(imageShape: "--input C,H,W", network: "--network CONFIG") {
      try Subjects.load(
        url, networkConfiguration: network.map(InputFiles.configurationFile), inputShape: input?.lengths)
    }
    if let input, let found = subjects.first?.network.inputShape, found != input.lengths {
      throw CommandError(.badInput, "\(subject): the network takes images of shape \(found), not \(input.lengths)")
    }
    return try findings(subjects, console)
  }

  private func refuse(_ given: [String: Bool], of reason: String) throws {
    guard let option = given.filter(\.value).keys.min() else { return }
    throw CommandError(.usage, "\(option) is not for \(subject): \(reason)")
  }

  @TorchActor
  private func configured(_ file: URL, _ console: Console) throws -> NetworkFindings {
    let configuration = try ConfigurationReader.incomplete(contentsOf: file, overrides: overrides)
      .resolvingPaths(relativeTo: file.deletingLastPathComponent())
    let images = try images(configuration, console)
    if bound { console.progress("bound", done: 0, of: 1, unit: "networks") }
    let network = try configuration.untrainedNetwork(
      inputShape: images.shape, classCount: images.classCount, refinesNorms: bound)
    var findings = NetworkFindings(try NetworkSummary(network), isUntrained: true)
    try findings.add(network.deployed(), name: nil, network, isBounded: bound)
    return findings
  }

  @TorchActor
  private func findings(_ subjects: [Subject], _ console: Console) throws -> NetworkFindings {
    for remark in subjects.flatMap(\.remarks) { console.note(remark) }
    guard let first = subjects.first else {
      throw CommandError(.badInput, "\(subject): holds no trained network yet")
    }
    var findings = NetworkFindings(
      try first.trained.map { try NetworkSummary($0) } ?? NetworkSummary(sequential: first.network))
    for (number, subject) in subjects.enumerated() {
      if bound { console.progress("bound", done: number, of: subjects.count, unit: "networks") }
      try findings.add(
        subject.network, name: subjects.count > 1 ? subject.name : nil, subject.trained, isBounded: bound)
    }
    return findings
  }

  /// What the network is shown, and how many classes it tells apart.
  private func images(_ configuration: Configuration, _ console: Console) throws -> (shape: [Int], classCount: Int) {
    let data = configuration.data
    if let input {
      if let classes { return (input.lengths, classes) }
      switch data.stream.kind {
      case .classSplit, .manifest: return (input.lengths, data.stream.sizes.first ?? data.stream.classesPerTask)
      default:
        guard data.stream.classes.isEmpty else { return (input.lengths, data.stream.classes.count) }
        throw CommandError(.usage, "\(subject) does not say how many classes a task has: give --classes")
      }
    }
    let folder = InputFiles.url(data.folder)
    if data.stream.kind != .sequence {
      guard !data.folder.isEmpty else {
        throw CommandError(.badInput, "\(subject) names no images: say with --input C,H,W what they are like")
      }
      guard InputFiles.exists(folder) else {
        throw CommandError(.noInput, "\(folder.path): no such folder: say with --input C,H,W what images are like")
      }
    }
    var options = data.imageFolderOptions(seed: configuration.seed)
    options.progress = { console.progress("read images", done: $0, of: $1, unit: "images") }
    let stream = try data.stream.open(folder: folder, options: options, seed: configuration.seed)
    return (stream.shape.inputShape, classes ?? stream.tasks.first?.classes.count ?? 0)
  }
}

/// Channels, height and width as `3,224,224`.
struct PixelShape: ExpressibleByArgument, Sendable {
  let lengths: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    // Sides that are countable in every product of a summary.
    guard parts.count == 3, parts.allSatisfy((1...8192).contains) else { return nil }
    lengths = parts
  }
}
