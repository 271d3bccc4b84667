import ArgumentParser
import Steadfast

struct DataInspect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what is in a folder of PNG images, and what is wrong with it.",
    discussion: """
      Decodes every file: images per class and split, sizes, how pixels are stored, their mean and deviation, damaged \
      files, and images that occur twice, above all in both train and test. Exit status 65 where training would refuse \
      the folder.

      Folders look like ROOT/{train,test}/CLASS/*.png, ROOT/CLASS/*.png, or ROOT/DOMAIN/ and either of these. --size and \
      --form judge as a configuration with data.decoding.size and data.decoding.form would. --sheet draws some images of \
      every class, to be looked at.

      Examples:
        steadfast data inspect Datasets/fashion-mini
        steadfast data inspect my-images --sheet sheet.png
        steadfast data inspect photographs --size 64x64 --strict
      """)

  @Argument(help: ArgumentHelp("The folder of images.", valueName: "folder")) var folder: String

  @OptionGroup var decoding: DecodingOptions

  @Flag(help: "Exit with status 65 also where a single file would be left out: damaged, no PNG, or a link out.")
  var strict = false

  @Option(
    help: ArgumentHelp(
      "Write a picture with images of every class; nothing is overwritten.", valueName: "file.png"))
  var sheet: String?

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { console in
      let url = try InputFiles.existing(folder)
      let drawing = try sheet.map(OutputFiles.unused)
      var options = ImageFolderOptions(decoding: decoding.changing(DecodingPolicy()))
      options.progress = { console.progress("read \(folder)", done: $0, of: $1, unit: "images") }
      let summary = try DatasetSummary.inspect(url, options: options)
      if let drawing { try PNG.write(ContactSheet.make(url), to: drawing) }
      return DataFindings(summary: summary, isStrict: strict, sheet: drawing?.path)
    }
  }
}

/// A data set's summary as a command prints it.
struct DataFindings: SummaryFindings {
  static let schema = "steadfast.data/1"
  let summary: DatasetSummary
  let isStrict: Bool
  /// Where it was drawn; nil where none was asked for.
  let sheet: String?

  var additions: [String: any Encodable & Sendable] { ["sheet": sheet] }

  /// Why training would refuse the folder.
  var failures: [String] {
    let (problems, count) = (summary.problems, summary.skipped.count)
    return problems
      + (isStrict && count > 0 ? ["\(summary.root): \(count) \(count == 1 ? "file" : "files") left out"] : [])
  }

  var status: ExitStatus? { failures.isEmpty ? nil : .badInput }

  var text: String {
    ([classTable, "", sizes, storage, pixels] + files + duplicates + concerns + problems + drawing)
      .joined(separator: "\n")
  }

  private var drawing: [String] { sheet.map { ["", "sheet: \($0)"] } ?? [] }

  private var classTable: String {
    var table = TextTable(["class"] + summary.splits.map(\.name))
    for (index, name) in summary.classes.enumerated() {
      table.add([name] + summary.splits.map { "\($0.imagesPerClass[index])" })
    }
    table.add(["all \(summary.classes.count)"] + summary.splits.map { "\($0.images)" })
    return table.text
  }

  private var sizes: String {
    "sizes: " + Self.list(summary.sizes.map { "\($0.width)×\($0.height) (\($0.images))" })
  }

  private var storage: String {
    let kinds = summary.storage.map {
      "\($0.colorType) \($0.bitDepth) bit" + ($0.hasTransparency ? " transparent" : "")
        + ($0.isInterlaced ? " interlaced" : "") + " (\($0.images))"
    }
    return "stored as: " + Self.list(kinds)
  }

  private var pixels: String {
    summary.splits.filter { $0.images > 0 }.map { split in
      let figures = zip(split.mean, split.standardDeviation).map { "\(Numbers.fixed($0, 4)) ± \(Numbers.fixed($1, 4))" }
      return "pixels of \(split.name): \(figures.joined(separator: ", "))"
    }.joined(separator: "\n")
  }

  private var files: [String] {
    let lines =
      FileList.lines("left out", summary.skipped) + FileList.lines("odd but readable", summary.warnings)
      + FileList.lines(
        "of one colour", summary.constant.map { FileNote(path: $0, reason: "every pixel is the same") })
    return lines.isEmpty ? [] : [""] + lines
  }

  private var concerns: [String] {
    summary.concerns.isEmpty ? [] : ["", "Worth a thought:"] + summary.concerns.map { "  " + $0 }
  }

  private var duplicates: [String] {
    guard !summary.duplicates.isEmpty else { return [] }
    let across = summary.duplicates.count { $0.acrossSplits }
    let labels = summary.duplicates.count { $0.acrossClasses }
    return [
      "",
      "the same image twice: \(summary.duplicates.count) times, \(across) of them in train and test, "
        + "\(labels) under two classes",
    ] + summary.duplicates.prefix(5).map { "  " + Self.list($0.paths) }
  }

  private var problems: [String] {
    summary.problems.isEmpty ? [] : ["", "Training would refuse this folder:"] + summary.problems.map { "  " + $0 }
  }

  private static func list(_ items: [String]) -> String {
    items.isEmpty ? "none" : items.prefix(6).joined(separator: ", ") + (items.count > 6 ? ", …" : "")
  }
}
