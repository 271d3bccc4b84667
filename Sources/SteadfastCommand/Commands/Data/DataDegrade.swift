import ArgumentParser
import Foundation
import Steadfast

struct DataDegrade: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "degrade", abstract: "Make domains of a folder: the same images, degraded.",
    discussion: """
      Each degradation is KIND/SEVERITY, from 1 (mild) to 5, KIND for all five, or none for the images as they are. What \
      each does is in Documentation/degradations.md. OUT/KIND-SEVERITY/{train,test}/CLASS/*.png can be trained on with \
      data.stream.kind: domains. The result depends on the images, the names and the seed alone.

      Kinds: \(Degradation.Kind.allCases.map(\.rawValue).joined(separator: ", ")).

      Examples:
        steadfast data degrade Datasets/fashion-mini --out fashion-c none gaussian-noise/3 fog/2
        steadfast data degrade my-images --out my-images-c jpeg-compression
      """)

  @Argument(help: ArgumentHelp("The folder of images.", valueName: "folder")) var folder: String

  @Argument(help: ArgumentHelp("What to do. (default: everything, at every severity)", valueName: "kind/severity"))
  var names: [String] = []

  @Option(help: ArgumentHelp("The folder to make.", valueName: "folder")) var out: String

  @Option(help: "Decides what is random in a degradation.") var seed: UInt64 = 0

  @OptionGroup var output: OutputOptions

  func validate() throws {
    do {
      var seen: Set<DatasetDegrade.Domain> = []
      for domain in try domains() where !seen.insert(domain).inserted {
        throw ValidationError("\(domain.folder) would be made twice")
      }
    } catch let error as DataError {
      throw ValidationError(error.advice.isEmpty ? error.reason : "\(error.reason). \(error.advice)")
    }
  }

  func run() async throws {
    try await output.perform { console in
      var options = ImageFolderOptions()
      options.progress = { console.progress("write \(out)", done: $0, of: $1, unit: "images") }
      let target = InputFiles.url(out)
      let summary = try DatasetDegrade.write(
        InputFiles.existing(folder), to: target, domains: domains(), seed: seed, options: options)
      return DegradeFindings(summary: summary, out: target.path)
    }
  }

  /// A kind alone stands for all its severities.
  private func domains() throws -> [DatasetDegrade.Domain] {
    let kinds = Degradation.Kind.allCases
    return try (names.isEmpty ? kinds.map(\.rawValue) : names).flatMap { name in
      guard let kind = kinds.first(where: { $0.rawValue == name }) else { return [try DatasetDegrade.Domain(name)] }
      return try Degradation.severities.map { .degraded(try Degradation(kind, severity: $0)) }
    }
  }
}

/// The domains that degrading made.
struct DegradeFindings: SummaryFindings {
  static let schema = "steadfast.degrade/1"
  let summary: DatasetDegradeSummary
  let out: String

  var additions: [String: any Encodable & Sendable] { ["out": out] }

  var text: String {
    let (names, count) = (summary.domains.joined(separator: ", "), summary.domains.count)
    let made = "\(count) \(count == 1 ? "domain" : "domains") of \(summary.images) images: \(names)"
    return ([made] + summary.notes + FileList.lines("left out", summary.skipped)).joined(separator: "\n")
  }
}
