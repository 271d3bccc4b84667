import Foundation
import Results
import TensorFiles

/// A report on one run, or on several beside each other: HTML for reading, Markdown and CSV for the rest.
public struct Report: Sendable {
  /// A run with the folder that its gallery's paths are relative to.
  public struct Run: Sendable {
    public var results: Results
    public var images: URL?

    public init(results: Results, images: URL? = nil) {
      self.results = results
      self.images = images
    }
  }

  let entries: [Entry]

  /// - Parameter images: the run's folder; gallery images outside it are not read.
  public init(_ results: Results, images: URL? = nil) {
    self.init(comparing: [Run(results: results, images: images)])
  }

  /// Several runs in one report; each run's contrasts follow it.
  public init(comparing runs: [Run]) { entries = Entry.list(runs) }

  /// One page that needs nothing but itself: styles, charts and images are inside.
  /// - Throws: ``ReportError/nothingToReport``.
  public func html() throws -> String {
    guard !entries.isEmpty else { throw ReportError.nothingToReport }
    return Page(entries: entries).html
  }

  /// The figures as Markdown tables.
  public func markdown() -> String { MarkdownReport(entries: entries).text }

  /// One line per cell of every accuracy matrix: what ``CSVReport`` documents.
  public func csv() -> String { CSVReport(entries: entries).text }

  /// Writes `report.html`, `report.md` and `report.csv` into `folder`, which is made where it is missing.
  /// - Returns: the three files.
  /// - Throws: ``ReportError/nothingToReport``, or the file system's error.
  @discardableResult
  public func write(to folder: URL) throws -> [URL] {
    let html = try html()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let files: [(RunFile, String)] = [
      (.pageReport, html), (.markdownReport, markdown()), (.tableReport, csv()),
    ]
    return try files.map { file, text in
      let url = folder.appending(file)
      try AtomicFile.write(Array(text.utf8), to: url)
      return url
    }
  }
}

/// Why there is no report.
public enum ReportError: Error, Equatable, Sendable, CustomStringConvertible {
  case nothingToReport

  public var description: String { "there is no run to report on: name at least one" }
}
