import Results

/// A table of what runs recorded, the same in every form of the report. Its first column is the strategy.
struct RecordTable {
  enum Cell {
    case text(String)
    /// With its interval, which may be empty.
    case figure(String, interval: String)

    static func count(_ value: Int) -> Cell { .text("\(value)") }
    static func number(_ value: Double?) -> Cell { .text(Figures.number(value)) }
    static func rate(_ tally: Tally?) -> Cell {
      .figure(Figures.percent(tally?.rate), interval: Figures.interval(tally?.interval))
    }

    var plain: String {
      switch self {
      case .text(let text): text
      case .figure(let figure, let interval): Figures.bracketed(figure, interval)
      }
    }

    var markup: Markup {
      switch self {
      case .text(let text), .figure(let text, interval: ""): "\(text)"
      case .figure(let figure, let interval): "\(figure)<small>\(interval)</small>"
      }
    }
  }

  var title: String
  var columns: [String]
  var rows: [[Cell]]

  /// A row for each record, its strategy before it.
  init<Record>(
    _ title: String, _ columns: [String], of records: KeyPath<Results, [Record]>, in entries: [Entry],
    row: (Record) -> [Cell]
  ) {
    self.title = title
    self.columns = ["Strategy"] + columns
    rows = entries.flatMap { entry in
      entry.results[keyPath: records].map { [.text(entry.label)] + row($0) }
    }
  }

  var isEmpty: Bool { rows.isEmpty }

  /// A part of its own; empty where nothing was recorded.
  var markdown: String {
    isEmpty ? "" : "## \(title)\n\n" + MarkdownTable.text(columns, rows.map { $0.map(\.plain) })
  }

  /// - Parameter textColumns: how many columns before the figures hold text.
  func page(textColumns: Int) -> Markup {
    DataTable(
      caption: title, header: columns.map { "\($0)" }, rows: rows.map { $0.map(\.markup) }, textColumns: textColumns
    ).folded
  }
}
