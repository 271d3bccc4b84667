import ArgumentParser
import Steadfast

struct DataInspect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what is in a folder of PNG images, and what is wrong with it.",
    discussion: """
      Decodes every file: images per class and split, sizes, how pixels are stored, their mean and deviation, damaged \
      files, and images that occur twice, above all in both train and test. Exit status 65 where training would refuse \
      the folder.

      Folders look like ROOT/{train,test}/CLASS/*.png, ROOT/CLASS/*.png, or ROOT/DOMAIN/ and either of these. --sheet       draws some images of every class, to be looked at.

      Examples:
        steadfast data inspect Datasets/fashion-mini
        steadfast data inspect my-images --sheet sheet.png
      """)

  @Argument(help: ArgumentHelp("The folder of images.", valueName: "folder")) var folder: String

  @Flag(help: "Exit with status 65 also for a single damaged file.") var strict = false

  @Option(help: ArgumentHelp("Write a picture with images of every class.", valueName: "file.png")) var sheet: String?

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { console in
      var options = ImageFolderOptions()
      options.progress = { console.progress("read \(folder)", done: $0, of: $1, unit: "images") }
      let summary = try DatasetSummary.inspect(InputFiles.existing(folder), options: options)
      if let sheet {
        try PNG.write(ContactSheet.make(InputFiles.existing(folder)), to: InputFiles.url(sheet))
      }
      return DataFindings(summary: summary, isStrict: strict)
    }
  }
}

/// A data set's summary as a command prints it.
struct DataFindings: CommandResult {
  let summary: DatasetSummary
  let isStrict: Bool

  private enum CodingKeys: CodingKey { case schema }

  func encode(to encoder: any Encoder) throws {
    try summary.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode("steadfast.data/1", forKey: .schema)
  }

  var status: ExitStatus? {
    !summary.problems.isEmpty || (isStrict && !summary.skipped.isEmpty) ? .badInput : nil
  }

  var text: String {
    ([classTable, "", sizes, storage, pixels] + files + duplicates + concerns + problems).joined(separator: "\n")
  }

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
