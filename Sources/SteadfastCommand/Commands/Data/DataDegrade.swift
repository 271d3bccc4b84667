import ArgumentParser
import Foundation
import Steadfast

struct DataDegrade: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "degrade", abstract: "Make domains of a folder: the same images, degraded.",
    discussion: """
      Each degradation is KIND/SEVERITY, from 1 (mild) to 5, or KIND for all five. What each does is in \
      Documentation/degradations.md. OUT/KIND-SEVERITY/{train,test}/CLASS/*.png can be trained on with data.stream.kind: \
      domains. The result depends on the images, the names and the seed alone.

      Kinds: \(Degradation.Kind.allCases.map(\.rawValue).joined(separator: ", ")).

      Examples:
        steadfast data degrade Datasets/fashion-mini --out fashion-c gaussian-noise/3 fog/2
        steadfast data degrade my-images --out my-images-c jpeg-compression
      """)

  @Argument(help: ArgumentHelp("The folder of images.", valueName: "folder")) var folder: String

  @Argument(help: ArgumentHelp("What to do. (default: everything, at every severity)", valueName: "kind/severity"))
  var names: [String] = []

  @Option(help: ArgumentHelp("The folder to make.", valueName: "folder")) var out: String

  @Option(help: "Decides what is random in a degradation.") var seed: UInt64 = 0

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { console in
      var options = ImageFolderOptions()
      options.progress = { console.progress("write \(out)", done: $0, of: $1, unit: "images") }
      let summary = try DatasetDegrade.write(
        InputFiles.existing(folder), to: InputFiles.url(out), degradations: degradations(), seed: seed,
        options: options)
      return DegradeFindings(summary: summary)
    }
  }

  /// A kind alone stands for its five severities.
  private func degradations() throws -> [Degradation] {
    let kinds = Degradation.Kind.allCases.map(\.rawValue)
    return try (names.isEmpty ? kinds : names).flatMap { name in
      try kinds.contains(name) ? (1...5).map { try Degradation("\(name)/\($0)") } : [Degradation(name)]
    }
  }
}

/// The domains that degrading made.
struct DegradeFindings: CommandResult {
  let schema = "steadfast.degrade/1"
  let summary: DatasetDegradeSummary

  private enum CodingKeys: CodingKey { case schema, summary }

  var text: String {
    (["\(summary.domains.count) domains of \(summary.images) images: \(summary.domains.joined(separator: ", "))"]
      + FileList.lines("left out", summary.skipped)).joined(separator: "\n")
  }
}
