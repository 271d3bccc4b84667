import Foundation
import TensorFiles

/// A CSV file that names images: `path,label[,task][,split]`, columns in any order, the first record their names.
public struct Manifest: Sendable {
  /// What an image is for.
  public enum Split: String, Sendable, Hashable, Codable, CaseIterable {
    case train, test
  }

  /// One image in one task.
  public struct Row: Sendable, Hashable {
    /// Relative to the manifest's folder, with "/" between names.
    public var path: String
    /// The name of the image's class.
    public var label: String
    /// nil where the manifest has no such column.
    public var task: String?
    /// nil where the manifest has no such column.
    public var split: Split?

    public init(path: String, label: String, task: String? = nil, split: Split? = nil) {
      self.path = path
      self.label = label
      self.task = task
      self.split = split
    }
  }

  /// The name that a manifest has in its folder.
  static let fileName = FolderLayout.manifestName
  /// Bytes that a file may have.
  static let maximumBytes = 256 << 20
  /// Rows that a manifest may have.
  static let maximumRows = 10_000_000

  /// In the order of the file.
  public let rows: [Row]
  /// For each of them the line that it begins in.
  let lines: [Int]

  /// Whether rows say their task.
  var hasTasks: Bool { rows.first?.task != nil }
  /// Whether rows say what an image is for.
  var hasSplits: Bool { rows.first?.split != nil }

  /// Rows that are in memory already.
  ///
  /// - Throws: `DataError` as `init(reading:)`, with the line that a row would have.
  public init(rows: [Row]) throws {
    var rules = ManifestRules(path: "manifest", hasTasks: rows.first?.task != nil, hasSplits: rows.first?.split != nil)
    for (index, row) in rows.enumerated() { try rules.add(row, line: index + 2) }
    (self.rows, lines) = try rules.checked()
  }

  /// Reads a manifest; the images need not be there.
  ///
  /// - Throws: `DataError` if the file is not there, too large or no CSV; naming the line, if a column is unknown,
  ///   named twice or missing; if a path is absolute, leads out of the folder or does not end in .png; if a label or
  ///   task is empty, or a split neither train nor test; or if an image is listed twice in a task, with two labels, or
  ///   to train on and to test on.
  public init(reading url: URL) throws {
    let path = url.path
    var rows: ManifestRecords?
    try FileReader().withContent(of: path, limit: Self.maximumBytes) { bytes in
      try CSV.read(bytes, path: path) { line, fields in
        if rows == nil {
          rows = try ManifestRecords(header: fields, line: line, path: path)
        } else {
          try rows?.add(fields, line: line)
        }
      }
    }
    guard let rows else {
      throw DataError(
        code: .badData, path: path, reason: "no header in it", advice: "The first line names the columns: path,label.")
    }
    (self.rows, lines) = try rows.rules.checked()
  }

  /// The rows of another manifest that some labels have.
  init(_ manifest: Manifest, using classes: Set<String>) {
    let chosen = manifest.rows.indices.filter { classes.contains(manifest.rows[$0].label) }
    rows = chosen.map { manifest.rows[$0] }
    lines = chosen.map { manifest.lines[$0] }
  }

  /// The text of the file.
  var text: String {
    let columns = ["path", "label"] + (hasTasks ? ["task"] : []) + (hasSplits ? ["split"] : [])
    return rows.reduce(into: CSV.line(columns)) { text, row in
      text += CSV.line([row.path, row.label] + [row.task, row.split?.rawValue].compactMap { $0 })
    }
  }

  /// Replaces or creates the file, as a whole or not at all. Reading it gives the same rows.
  ///
  /// - Throws: `TensorFileError` if the system cannot.
  public func write(to url: URL) throws {
    try DataError.fromTensorFiles { try AtomicFile.write(text, to: url) }
  }
}

/// Two manifests are the same if their rows are, wherever the lines of their files break.
extension Manifest: Hashable {
  public static func == (a: Manifest, b: Manifest) -> Bool { a.rows == b.rows }

  public func hash(into hasher: inout Hasher) { hasher.combine(rows) }
}

/// The records of a file as rows.
private struct ManifestRecords {
  private let columns: [Column]
  private let path: String
  var rules: ManifestRules

  private enum Column: String, CaseIterable {
    case path, label, task, split
  }

  init(header: [String], line: Int, path: String) throws {
    func fail(_ reason: String) -> DataError {
      DataError(
        code: .badData, path: path, reason: "line \(line): \(reason)",
        advice: "The columns are path, label and, if wanted, task and split.")
    }
    var columns: [Column] = []
    for name in header {
      guard let column = Column(rawValue: name) else { throw fail("no column is named \"\(name)\"") }
      guard !columns.contains(column) else { throw fail("column \(name) is named twice") }
      columns.append(column)
    }
    for needed in [Column.path, .label] where !columns.contains(needed) {
      throw fail("the column \(needed.rawValue) is missing")
    }
    self.columns = columns
    self.path = path
    rules = ManifestRules(path: path, hasTasks: columns.contains(.task), hasSplits: columns.contains(.split))
  }

  mutating func add(_ fields: [String], line: Int) throws {
    func fail(_ reason: String, _ advice: String = "") -> DataError {
      DataError(code: .badData, path: path, reason: "line \(line): \(reason)", advice: advice)
    }
    guard fields.count == columns.count else {
      throw fail("\(fields.count) fields, and the header names \(columns.count) columns")
    }
    var row = Manifest.Row(path: "", label: "")
    for (column, field) in zip(columns, fields) {
      switch column {
      case .path: row.path = field
      case .label: row.label = field
      case .task: row.task = field
      case .split:
        guard let split = Manifest.Split(rawValue: field) else {
          throw fail("\"\(field)\" is no split", "Write train or test; models are not selected on data of their own.")
        }
        row.split = split
      }
    }
    try rules.add(row, line: line)
  }
}
