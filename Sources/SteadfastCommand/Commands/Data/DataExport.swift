import ArgumentParser
import Foundation
import Steadfast

struct DataExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a folder of PNG images in a published format.",
    discussion: """
      Images come in the order of their file names, so that a set brought in by 'data import' leaves with the same order, \
      pixels and labels. Samples keep their bits and transparency unless options say otherwise. Formats: idx, idx-gz \
      (gzipped), npz, npy (a folder of arrays), cifar10.

      Examples:
        steadfast data export fashion --as idx --out fashion-idx
        steadfast data export my-images --as npz --out a.npz --size 32x32 --form rgb
      """)

  @Argument(help: ArgumentHelp("The folder of images.", valueName: "folder")) var folder: String

  @Option(name: .customLong("as"), help: ArgumentHelp("idx, idx-gz, npz, npy or cifar10.", valueName: "format"))
  var format: Format

  @Option(help: ArgumentHelp("The file or folder to make.", valueName: "target")) var out: String

  @OptionGroup var decoding: DecodingOptions

  @Option(help: ArgumentHelp("Bits of a sample. (default: 16 where any file has them)", valueName: "8|16"))
  var depth: Int?

  @Option(
    help: ArgumentHelp(
      "What becomes of transparency: blended onto black, or kept as a channel. (default: keep where any file has it)",
      valueName: "alpha"))
  var alpha: DecodingPolicy.Alpha?

  @OptionGroup var output: OutputOptions

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case idx, npz, npy, cifar10
    case compressedIDX = "idx-gz"

    var value: DatasetExport.Format {
      switch self {
      case .idx: .idx(gzip: false)
      case .compressedIDX: .idx(gzip: true)
      case .npz: .npz
      case .npy: .npy
      case .cifar10: .cifar10
      }
    }
  }

  func validate() throws {
    guard SampleDepth(rawValue: depth ?? 8) != nil else { throw ValidationError("--depth must be 8 or 16") }
  }

  func run() async throws {
    try await output.perform { console in
      let source = try InputFiles.existing(folder)
      var options = ImageFolderOptions()
      options.progress = { console.progress("read \(folder)", done: $0, of: $1, unit: "images") }
      let target = InputFiles.url(out)
      let summary = try DatasetExport.write(
        source, as: format.value, to: target, decoding: policy(source, options), options: options)
      return ExportFindings(summary: summary, out: target.path)
    }
  }

  /// What was asked for, and else what keeps everything; nil where nothing was asked for.
  private func policy(_ source: URL, _ options: ImageFolderOptions) throws -> DecodingPolicy? {
    guard decoding.isGiven || depth != nil || alpha != nil else { return nil }
    var policy = try decoding.changing(DatasetExport.policy(for: source, options: options))
    if let depth = depth.flatMap(SampleDepth.init) { policy.depth = depth }
    if let alpha { policy.alpha = alpha }
    return policy
  }
}

extension DecodingPolicy.Alpha: ExpressibleByArgument {}

/// What an export wrote.
struct ExportFindings: SummaryFindings {
  static let schema = "steadfast.export/1"
  let summary: DatasetExportSummary
  let out: String

  var additions: [String: any Encodable & Sendable] { ["out": out] }

  var text: String {
    let sets = summary.sets.map { "\($0.name) \($0.images)" }.joined(separator: ", ")
    let written = ["wrote \(summary.files.joined(separator: ", "))", "images: \(sets), \(summary.shape)"]
    let others = summary.notes + FileList.lines("left out", summary.skipped)
    return (written + labels + others).joined(separator: "\n")
  }

  /// Labels that the names of the classes do not say.
  private var labels: [String] {
    let isSaid = summary.labels.allSatisfy { Int($0.name.prefix { $0.isASCII && $0.isNumber }) == $0.label }
    if isSaid { return [] }
    var table = TextTable(["class", "label"])
    for label in summary.labels { table.add([label.name, "\(label.label)"]) }
    return [table.text]
  }
}
