/// Gathers the rows of a manifest, and refuses those that are wrong or contradict one before.
struct ManifestRules {
  /// Of the file, for errors.
  let path: String
  let hasTasks: Bool
  let hasSplits: Bool
  private var rows: [Manifest.Row] = []
  private var lines: [Int] = []
  /// For each image its first row.
  private var first: [String: Int] = [:]
  /// Of images that have several rows, the row of each task.
  private var repeats: [Repeat: Int] = [:]
  /// Labels and tasks as they were first written.
  private var labels: [String: Int] = [:]
  private var tasks: [String: Int] = [:]

  private struct Repeat: Hashable {
    let path: String
    let task: String?
  }

  init(path: String, hasTasks: Bool, hasSplits: Bool) {
    self.path = path
    self.hasTasks = hasTasks
    self.hasSplits = hasSplits
  }

  mutating func add(_ row: Manifest.Row, line: Int) throws {
    guard rows.count < Manifest.maximumRows else { throw error(line, "more than \(Manifest.maximumRows) rows") }
    guard (row.task != nil) == hasTasks, (row.split != nil) == hasSplits else {
      throw error(line, "some rows have a task or split and others have none")
    }
    try checkPath(row.path, line)
    if row.label.isEmpty { throw error(line, "an empty label") }
    for text in [row.label, row.task ?? ""] where text.utf8.count > CSV.maximumFieldBytes || text.utf8.contains(0) {
      throw error(line, "a label or task with a NUL byte or of more than \(CSV.maximumFieldBytes) bytes")
    }
    if row.task?.isEmpty == true { throw error(line, "an empty task", "Name it, or leave out the column.") }
    rows.append(row)
    lines.append(line)
    try checkSpelling(row.label, \.labels, { $0.label }, "label")
    if let task = row.task { try checkSpelling(task, \.tasks, { $0.task ?? "" }, "task") }
    try checkRepeats()
  }

  /// All rows, and the line of each.
  ///
  /// - Throws: `DataError` if there are none.
  func checked() throws -> (rows: [Manifest.Row], lines: [Int]) {
    if rows.isEmpty { throw DataError(code: .badData, path: path, reason: "no images are listed") }
    return (rows, lines)
  }

  private func checkPath(_ image: String, _ line: Int) throws {
    if image.isEmpty { throw error(line, "an empty path") }
    if image.utf8.count > CSV.maximumFieldBytes || image.utf8.contains(0) {
      throw error(line, "a path that no file has")
    }
    if image.utf8.first == UInt8(ascii: "/") {
      throw error(line, "the path \(image) is absolute", "Paths are relative to the manifest's folder.")
    }
    for part in image.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      if part.elementsEqual("..".utf8) {
        throw error(line, "the path \(image) leads upward", "Images lie in the manifest's folder or below it.")
      }
      if part.isEmpty || part.elementsEqual(".".utf8) {
        throw error(line, "the path \(image) has an empty part", "Write it without \"//\" and \"./\".")
      }
    }
    guard image.lowercased().hasSuffix(".png") else {
      throw error(line, "the path \(image) does not end in .png", "Only PNG images are read.")
    }
  }

  /// The last row against those of the same image.
  private mutating func checkRepeats() throws {
    let now = rows.count - 1
    let row = rows[now]
    guard let start = first[row.path] else {
      first[row.path] = now
      return
    }
    let old = rows[start]
    let place = "in lines \(lines[start]) and \(lines[now])"
    guard same(old.path, row.path) else {
      throw error(lines[now], "the path is that of line \(lines[start]) and differs only in how Unicode writes it")
    }
    guard old.label == row.label else {
      throw error(nil, "\(row.path) has two labels, \(old.label) and \(row.label), \(place)")
    }
    guard old.split == row.split else {
      throw error(nil, "\(row.path) is to train on and to test on, \(place)", "Leave it out of one of them.")
    }
    repeats[Repeat(path: old.path, task: old.task)] = start
    let before = repeats.updateValue(now, forKey: Repeat(path: row.path, task: row.task))
    if let before {
      throw error(
        nil, "\(row.path) is listed twice, in lines \(lines[before]) and \(lines[now])", "Leave out one of them.")
    }
  }

  /// A name is always written with the same bytes.
  private mutating func checkSpelling(
    _ name: String, _ names: WritableKeyPath<Self, [String: Int]>, _ of: (Manifest.Row) -> String, _ what: String
  ) throws {
    let now = rows.count - 1
    guard let before = self[keyPath: names][name] else {
      self[keyPath: names][name] = now
      return
    }
    guard same(of(rows[before]), name) else {
      throw error(
        lines[now], "the \(what) is that of line \(lines[before]) and differs only in how Unicode writes it")
    }
  }

  private func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

  private func error(_ line: Int?, _ reason: String, _ advice: String = "") -> DataError {
    DataError(
      code: .badData, path: path, reason: line.map { "line \($0): \(reason)" } ?? reason, advice: advice)
  }
}
