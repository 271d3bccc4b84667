import ArgumentParser
import Foundation
import Steadfast

struct DataImport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make a folder of PNG images from a published format.",
    discussion: """
      Understands IDX (MNIST and its kin, plain or gzipped), CIFAR-10 and CIFAR-100 in their binary form, .npz files with \
      images and labels, and folders of .npy. Name a file, or the folder that holds the set's files. Every sample is kept \
      exactly; the images become OUT/{train,test}/CLASS/NNNNN.png, numbered in the order of the source, so that 'data \
      export' gives the same set back. OUT appears when all of it is written.

      Examples:
        steadfast data import /usr/share/datasets/fashion-mnist --out fashion
        steadfast data import cifar-10-batches-bin --out cifar
        steadfast data import arrays.npz --out images --layout nchw --dry-run
      """)

  @Argument(help: ArgumentHelp("A file or folder in a published format.", valueName: "source")) var source: String

  @Option(help: ArgumentHelp("The folder to make.", valueName: "folder")) var out: String

  @Option(
    name: .customLong("class-names"),
    help: ArgumentHelp("Names of the classes in the order of their labels, with commas.", valueName: "list"))
  var classNames: String?

  @Option(
    help: ArgumentHelp(
      "The axes of arrays: \(ImportOptions.Layout.allCases.map(\.rawValue).joined(separator: ", ")). "
        + "(default: what their shape says)", valueName: "axes"))
  var layout: ImportOptions.Layout?

  @Flag(name: .customLong("dry-run"), help: "Say what was found and would be written, and write nothing.")
  var dryRun = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { console in
      var options = ImportOptions()
      options.classNames = classNames.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
      options.layout = layout
      options.progress = { console.progress("write \(out)", done: $0, of: $1, unit: "images") }
      let plan = try DatasetImport.detect(InputFiles.existing(source), options: options)
      let summary = dryRun ? nil : try plan.write(to: InputFiles.url(out))
      return ImportFindings(plan: plan.description, summary: summary)
    }
  }
}

extension ImportOptions.Layout: ExpressibleByArgument {}

/// What an import found, and wrote.
struct ImportFindings: CommandResult {
  let schema = "steadfast.import/1"
  let plan: String
  /// nil where nothing was to be written.
  let summary: ImportSummary?

  private enum CodingKeys: CodingKey { case schema, plan, summary }

  var text: String {
    guard let summary else { return plan }
    let total = summary.sets.reduce(0) { $0 + $1.images }
    let rate = Int(Double(total) / max(summary.seconds, 1e-9))
    return "\(plan)\nwrote \(total) images in \(Numbers.duration(summary.seconds)) (\(rate) images/s)"
  }
}
