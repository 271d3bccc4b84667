import ArgumentParser
import Foundation
import Steadfast

struct DataExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a folder of PNG images in a published format.",
    discussion: """
      Images come in the order of their file names, so that a set brought in by 'data import' leaves with the same order, \
      pixels and labels. Formats: idx, idx-gz (gzipped), npz, npy (a folder of arrays), cifar10.

      Examples:
        steadfast data export fashion --as idx --out fashion-idx
        steadfast data export my-images --as npz --out my-images.npz
      """)

  @Argument(help: ArgumentHelp("The folder of images.", valueName: "folder")) var folder: String

  @Option(name: .customLong("as"), help: ArgumentHelp("idx, idx-gz, npz, npy or cifar10.", valueName: "format"))
  var format: Format

  @Option(help: ArgumentHelp("The file or folder to make.", valueName: "target")) var out: String

  @Option(help: "Bits of a sample, 8 or 16.") var depth = 8

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
    guard SampleDepth(rawValue: depth) != nil else { throw ValidationError("--depth must be 8 or 16") }
  }

  func run() async throws {
    try await output.perform { console in
      var options = ImageFolderOptions()
      options.decoding.depth = SampleDepth(rawValue: depth) ?? .eight
      options.progress = { console.progress("read \(folder)", done: $0, of: $1, unit: "images") }
      let images = try ImageFolder.load(InputFiles.existing(folder), options: options)
      let files = try DatasetExport.write(images, as: format.value, to: InputFiles.url(out))
      return ExportFindings(
        files: files, images: images.train.count + images.test.count, skipped: images.skipped)
    }
  }
}

/// What an export wrote.
struct ExportFindings: CommandResult {
  let schema = "steadfast.export/1"
  let files: [String]
  let images: Int
  let skipped: [FileNote]

  private enum CodingKeys: CodingKey { case schema, files, images, skipped }

  var text: String {
    (["wrote \(images) images: \(files.joined(separator: ", "))"] + FileList.lines("left out", skipped))
      .joined(separator: "\n")
  }
}
