import Foundation
import Results
import TensorFiles

/// The folder of a grid: `grid.json`, `grid.html`, `grid.md` and `grid.csv` beside the folders of its variants.
public struct GridFolder: Sendable {
  public let url: URL

  public init(_ url: URL) { self.url = url }

  public var page: URL { url.appendingPathComponent("grid.html") }

  /// Writes a grid's record, page and tables in place of earlier ones.
  /// - Throws: `ResultsError` for figures that are not finite, `TensorFileError` where a file cannot be written.
  public func write(_ record: GridRecord) throws {
    try AtomicFile.write(record.json(), to: url.appendingPathComponent("grid.json"))
    try AtomicFile.write(GridPage(record: record).html, to: page)
    try AtomicFile.write(GridMarkdown(record: record).text, to: url.appendingPathComponent("grid.md"))
    try AtomicFile.write(GridCSV(record: record).text, to: url.appendingPathComponent("grid.csv"))
  }
}
