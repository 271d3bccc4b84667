import ArgumentParser
import Foundation
import Steadfast

struct DataSplit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "split", abstract: "Divide ROOT/CLASS/*.png into train and test, without leaks.",
    discussion: """
      Copies files unchanged to OUT/{train,test}/CLASS. Of each class the same share goes to each side; images with the \
      same pixels always go to the same side. Images that only resemble each other are not recognised.

      Example:
        steadfast data split my-images --out my-split --test 0.2 --seed 1
      """)

  @Argument(help: ArgumentHelp("The folder of class folders.", valueName: "folder")) var folder: String

  @Option(help: ArgumentHelp("The folder to make.", valueName: "folder")) var out: String

  @Option(help: "The share of each class that tests.") var test = 0.2

  @Option(help: "The share of each class that trains. (default: the rest)") var train: Double?

  @Option(help: "Decides which images those are.") var seed: UInt64 = 0

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard test > 0, test < 1 else { throw ValidationError("--test must be above 0 and below 1") }
    guard let train else { return }
    guard train > 0, train + test <= 1 else {
      throw ValidationError("--train must be above 0, and together with --test (\(test)) at most 1")
    }
  }

  func run() async throws {
    try await output.perform { console in
      var options = ImageFolderOptions()
      options.progress = { console.progress("divide \(folder)", done: $0, of: $1, unit: "images") }
      let target = InputFiles.url(out)
      let summary = try DatasetSplit.write(
        InputFiles.existing(folder), to: target, fractions: .init(train: train ?? 1 - test, test: test), seed: seed,
        options: options)
      return SplitFindings(summary: summary, out: target.path)
    }
  }
}

/// Where the files of a divided folder went.
struct SplitFindings: SummaryFindings {
  static let schema = "steadfast.split/1"
  let summary: DatasetSplitSummary
  let out: String

  var additions: [String: any Encodable & Sendable] { ["out": out] }

  var text: String {
    var table = TextTable(["class", "train", "test", "left over"])
    for count in summary.classes { table.add([count.name, "\(count.train)", "\(count.test)", "\(count.leftOut)"]) }
    let groups = summary.groups.isEmpty ? [] : ["kept together: \(summary.groups.count) groups of the same image"]
    return ([table.text] + groups + FileList.lines("left out", summary.skipped)).joined(separator: "\n")
  }
}
