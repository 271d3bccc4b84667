import ArgumentParser
import Steadfast

struct DataTasks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tasks", abstract: "Say which tasks a configuration makes of its images, without training.",
    discussion: """
      Reads the images, draws what is random in the stream and prints each task: its classes, its images, and what it \
      does to their pixels. A stream that makes no sense is refused, with what to do instead.

      Examples:
        steadfast data tasks experiment.yaml
        steadfast data tasks experiment.yaml --set data.stream.kind=permuted
      """)

  @Argument(help: ArgumentHelp("The configuration.", valueName: "config.yaml")) var configuration: String

  @Option(changing: "Change one value, as often as wanted.") var overrides: [String] = []

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { console in
      let it = try InputFiles.experiment(configuration, overrides: overrides)
      var options = it.data.imageFolderOptions(seed: it.seed)
      options.progress = { console.progress("read images", done: $0, of: $1, unit: "images") }
      let stream = try it.data.stream.open(folder: InputFiles.url(it.data.folder), options: options, seed: it.seed)
      return TaskFindings(stream)
    }
  }
}

/// A stream of tasks, as a command prints it.
struct TaskFindings: SummaryFindings {
  static let schema = "steadfast.tasks/1"
  let summary: StreamRecord
  /// Files left out, by folder and name.
  let skipped: [FileNote]
  private let lines: [String]

  init(_ stream: TaskStream) {
    summary = stream.record
    lines = stream.lines
    // Several folders may have files of the same names.
    skipped =
      stream.folders.count == 1
      ? stream.folders[0].skipped
      : stream.folders.flatMap { folder in
        folder.skipped.map { FileNote(path: folder.root + "/" + $0.path, reason: $0.reason) }
      }
  }

  var additions: [String: any Encodable & Sendable] { ["skipped": skipped] }

  var text: String { (lines + FileList.lines("left out", skipped)).joined(separator: "\n") }
}
