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
      let store = CacheStore(folder.map(InputFiles.url) ?? CacheStore.standard)
      let entries = try store.entries()
      return CacheFindings(
        folder: store.url.path, files: entries.map(CacheFindings.File.init), deleted: clear ? try store.clear() : nil)
    }
  }
}

/// Cache files, and how many were deleted.
struct CacheFindings: CommandResult {
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

  let schema = "steadfast.cache/1"
  let folder: String
  let files: [File]
  /// nil where none was asked to go.
  let deleted: Int?

  var text: String {
    if let deleted { return "\(folder): deleted \(deleted) \(deleted == 1 ? "file" : "files")" }
    guard !files.isEmpty else { return "\(folder): empty" }
    var table = TextTable(["images", "count", "size"])
    for file in files { table.add([file.images, "\(file.count)", Numbers.mebibytes(file.bytes)]) }
    return "\(table.text)\nin \(folder)"
  }
}
