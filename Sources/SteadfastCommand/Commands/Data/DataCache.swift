import ArgumentParser
import Foundation
import Steadfast

struct DataCache: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "List or clear the files of decoded images.",
    discussion: """
      Training on a large folder decodes its images once and keeps them in a file that the next run maps into memory. \
      Such files may be deleted at any time: they are made again, and a run that has one open keeps it.

      Examples:
        steadfast data cache
        steadfast data cache --clear
      """)

  @Option(help: ArgumentHelp("Where cache files are. (default: the user's own)", valueName: "folder")) var folder:
    String?

  @Flag(help: "Delete them.") var clear = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { _ in
      // The user's own folder is made by the first run that needs it.
      let store = try CacheStore(folder.map(InputFiles.existing) ?? CacheStore.standard)
      let files = try store.entries().map(CacheFindings.File.init)
      return CacheFindings(
        summary: .init(folder: store.url.path, files: files), deleted: clear ? try store.clear() : nil)
    }
  }
}

/// Cache files, and how many were deleted.
struct CacheFindings: SummaryFindings {
  struct File: Encodable, Sendable {
    let images: String
    let count: Int
    let bytes: Int

    init(_ entry: CacheStore.Entry) {
      images = entry.folder
      count = entry.images
      bytes = entry.bytes
    }
  }

  struct Listing: Encodable, Sendable {
    let folder: String
    let files: [File]
  }

  static let schema = "steadfast.cache/1"
  let summary: Listing
  /// nil where none was asked to go.
  let deleted: Int?

  var additions: [String: any Encodable & Sendable] { ["deleted": deleted] }

  var text: String {
    let (folder, files) = (summary.folder, summary.files)
    if let deleted { return "\(folder): deleted \(deleted) \(deleted == 1 ? "file" : "files")" }
    guard !files.isEmpty else { return "\(folder): empty" }
    var table = TextTable(["images", "count", "size"])
    for file in files { table.add([file.images, "\(file.count)", Numbers.mebibytes(file.bytes)]) }
    return "\(table.text)\nin \(folder)"
  }
}
