import Foundation
import Results
import TensorFiles

/// A folder with studies: `NAME.json` and `figures/NAME-1.svg` … of each, and `index.html` and `studies.md` on all of
/// them.
public struct StudyFolder: Sendable {
  public let url: URL
  /// Names of the studies that belong in here, in the order of the page.
  let names: [String]

  public init(_ url: URL, names: [String]) {
    self.url = url
    self.names = names
  }

  /// What is there of earlier runs, in order.
  /// - Throws: `ResultsError` naming a file that is damaged.
  public func records() throws -> [StudyRecord] {
    try names.map(file).filter { FileManager.default.fileExists(atPath: $0.path) }.map(StudyRecord.init(contentsOf:))
  }

  /// Writes one study's record and figures in place of earlier ones; the folder is made where it is missing.
  /// - Returns: the files.
  /// - Throws: `ResultsError` for figures that are not finite, or the file system's error.
  @discardableResult
  public func write(_ record: StudyRecord) throws -> [URL] {
    let figures = url.appendingPathComponent("figures")
    try FileManager.default.createDirectory(at: figures, withIntermediateDirectories: true)
    let target = file(record.name)
    try AtomicFile.write(record.json(), to: target)
    func place(_ number: Int) -> URL { figures.appendingPathComponent("\(record.name)-\(number).svg") }
    let drawn = try record.figures.enumerated().map { index, figure in
      try AtomicFile.write(figure.svg, to: place(index + 1))
      return place(index + 1)
    }
    // An earlier run may have drawn more.
    var stale = record.figures.count + 1
    while FileManager.default.fileExists(atPath: place(stale).path) {
      try FileManager.default.removeItem(at: place(stale))
      stale += 1
    }
    return [target] + drawn
  }

  /// Writes the page on everything that is there.
  /// - Returns: the HTML file; the same as Markdown lies beside it.
  @discardableResult
  public func writePage() throws -> URL {
    let (records, page) = (try records(), url.appendingPathComponent("index.html"))
    try AtomicFile.write(StudyPage(records: records).html, to: page)
    try AtomicFile.write(StudyMarkdown(records: records).text, to: url.appendingPathComponent("studies.md"))
    return page
  }

  private func file(_ name: String) -> URL { url.appendingPathComponent("\(name).json") }
}
