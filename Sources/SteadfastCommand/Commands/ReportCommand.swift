import ArgumentParser
import Foundation
import Steadfast

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write HTML, Markdown, JSON and CSV from the results of runs; several are compared.",
    discussion: """
      Into a folder of its own goes results.json too: the first run's, with the runs that it is compared with among \
      its contrasts.

      Examples:
        steadfast report runs/demo
        steadfast report runs/wide runs/narrow --out comparison
      """)

  @Argument(help: ArgumentHelp("Run folders.", valueName: "run")) var runs: [String]

  @Option(help: ArgumentHelp("Where to write. (default: the run's folder)", valueName: "folder")) var out: String?

  @OptionGroup var floors: FloorOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if runs.count > 1, out == nil {
      throw ValidationError("--out has to say where the comparison of several runs goes")
    }
  }

  func run() async throws {
    try await output.perform { _ in
      let folders = try runs.map(InputFiles.existing)
      for folder in folders where !InputFiles.exists(folder.appending(RunFile.results)) {
        throw CommandError(.noInput, "\(folder.path): no finished run here: results.json is missing")
      }
      let target = try out.map { try folder($0, besides: folders) }
      let results = try folders.map { try Results(contentsOf: $0.appending(RunFile.results)) }
      var files = try Experiment.report(folders, to: target)
      if let target, folders != [target] { files.append(try write(results, to: target)) }
      return Written(files: files.map(\.path), failures: results.flatMap(floors.failures))
    }
  }

  /// A folder for the report, or the one run's own. Other runs' folders hold results that must not be replaced.
  private func folder(_ path: String, besides runs: [URL]) throws -> URL {
    let target = InputFiles.url(path)
    guard runs != [target], InputFiles.exists(target.appending(RunFile.configuration)) else { return target }
    throw CommandError(.usage, "\(path): is a run's folder, whose own results a report would replace: name another")
  }

  /// The runs after the first stand among its contrasts.
  private func write(_ runs: [Results], to folder: URL) throws -> URL {
    let file = folder.appending(RunFile.results)
    guard var combined = runs.first else { return file }
    combined.contrasts += runs.dropFirst().flatMap { run in
      var alone = run
      alone.contrasts = []
      return [alone] + run.contrasts
    }
    try AtomicFile.write(combined.json(), to: file)
    return file
  }

  private struct Written: CommandResult {
    let schema = "steadfast.report/1"
    let files: [String]
    let failures: [String]
    var text: String { files.joined(separator: "\n") }
  }
}
