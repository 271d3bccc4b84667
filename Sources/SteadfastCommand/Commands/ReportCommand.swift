import ArgumentParser
import Foundation
import Steadfast

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write HTML, Markdown and CSV from the results of runs; several are compared.",
    discussion: """
      Examples:
        steadfast report runs/demo
        steadfast report runs/wide runs/narrow --out comparison
      """)

  @Argument(help: ArgumentHelp("Run folders.", valueName: "run")) var runs: [String]

  @Option(help: ArgumentHelp("Where to write. (default: the first run's folder)", valueName: "folder")) var out: String?

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { _ in
      let folders = try runs.map(InputFiles.existing)
      for folder in folders
      where !FileManager.default.fileExists(atPath: folder.appendingPathComponent("results.json").path) {
        throw CommandError(.noInput, "\(folder.path): no finished run here: results.json is missing")
      }
      return Written(files: try Experiment.report(folders, to: out.map(InputFiles.url)).map(\.path))
    }
  }

  private struct Written: CommandResult {
    let schema = "steadfast.report/1"
    let files: [String]
    var text: String { files.joined(separator: "\n") }
  }
}
