import ArgumentParser
import Foundation
import Steadfast

struct DataImport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make a folder of PNG images from a published format.",
    discussion: """
      Understands IDX (MNIST and its kin, plain or gzipped), CIFAR-10 and CIFAR-100 in their binary form, .npz files with \
      images and labels, and folders of .npy. Name a file, or the folder that holds the set's files. Whole numbers of 8 and \
      16 bits are kept exactly, numbers with fractions become the nearest of 256 levels. Images become \
      OUT/{train,test}/CLASS/NNNNN.png, numbered in the order of the source, so that 'data export' gives the same set \
      back. OUT appears when all of it is written.

      Examples:
        steadfast data import /usr/share/datasets/fashion-mnist --out fashion
        steadfast data import cifar-10-batches-bin --out cifar
        steadfast data import arrays.npz --out images --layout nchw --dry-run
        steadfast data import arrays.npz --out images --arrays pictures,classes
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

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Which arrays of a .npz file or folder are images and labels, for train, val, test or all; may be repeated. "
        + "(default: those of well-known names)", valueName: "[set=]images,labels"))
  var arrays: [ArraysArgument] = []

  @Flag(name: .customLong("dry-run"), help: "Say what was found and would be written, and write nothing.")
  var dryRun = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { console in
      var options = ImportOptions()
      options.classNames = classNames.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
      options.layout = layout
      options.arrays = ArraysArgument.options(arrays)
      options.progress = { console.progress("write \(out)", done: $0, of: $1, unit: "images") }
      let plan = try DatasetImport.detect(InputFiles.existing(source), options: options)
      let target = InputFiles.url(out)
      let seconds = dryRun ? nil : try plan.write(to: target).seconds
      return ImportFindings(summary: plan, written: seconds.map(ImportFindings.Written.init), out: target.path)
    }
  }
}

extension ImportOptions.Layout: ExpressibleByArgument {}

/// What an import found, and wrote.
struct ImportFindings: SummaryFindings {
  struct Written: Encodable, Sendable {
    let seconds: Double
  }

  static let schema = "steadfast.import/1"
  let summary: ImportPlan
  /// nil where nothing was to be written.
  let written: Written?
  let out: String

  var additions: [String: any Encodable & Sendable] { ["written": written, "out": out] }

  var text: String {
    guard let seconds = written?.seconds else { return "\(summary)" }
    let total = summary.sets.reduce(0) { $0 + $1.count }
    let rate = Int(Double(total) / max(seconds, 1e-9))
    return "\(summary)\nwrote \(total) images in \(Numbers.elapsed(seconds)) (\(rate) images/s)"
  }
}
