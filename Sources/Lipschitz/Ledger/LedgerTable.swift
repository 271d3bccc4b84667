import Foundation

/// A ledger for a reader: words to the left, figures to the right.
public struct LedgerTable: Sendable, Hashable {
  public let header: [String]
  /// As many cells as the header has; the first is words, those after it are figures.
  public let rows: [[String]]

  /// A network's factors, the entries of a block indented under it, and the running product after each.
  public init(_ ledger: LipschitzLedger) {
    header = ["layer or block", "factor", "product", "from branch", "chain", "plain twin"]
    var rows: [[String]] = []
    func add(_ entry: LedgerEntry, depth: Int, product: Double?) {
      let name = String(repeating: "  ", count: depth) + entry.name
      let share = entry.block.map { String(format: "%.0f %%", 100 * $0.branchShare) } ?? ""
      rows.append(
        [name, Self.figure(entry.factor), product.map(Self.figure) ?? "", share]
          + Self.figures(entry.chain, entry.plain))
      guard let block = entry.block else { return }
      for inner in block.shortcutEntries + block.branchEntries { add(inner, depth: depth + 1, product: nil) }
    }
    for (index, entry) in ledger.entries.enumerated() {
      add(entry, depth: 0, product: ledger.entries[...index].reduce(1) { $0 * $1.factor })
    }
    if ledger.remainder != 1 { rows.append(["network as a whole", Self.figure(ledger.remainder), "", "", "", ""]) }
    rows.append(["network", "", Self.figure(ledger.upper), ""] + Self.figures(ledger.chain, ledger.plain))
    self.rows = rows
  }

  /// A run's tasks, one a row.
  public init(_ tasks: [TaskLedger]) {
    header = ["task", "trunk", "with adapter", "adapter ×", "may add ×", "earlier certificates"]
    rows = tasks.map { task in
      [task.task, Self.figure(task.trunk.upper), Self.figure(task.network.upper)]
        + Self.figures(task.adapterFactor, task.headroom) + [Self.words(task.standing)]
    }
  }

  /// Lines of the table, a rule under its header.
  public var text: String {
    let cells = [header] + rows.map { $0.map(Self.printable) }
    let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    let lines = cells.map { row in
      let padded = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }
      let line = padded.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
    let rule = String(repeating: "─", count: widths.reduce(0, +) + 2 * (widths.count - 1))
    return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
  }

  private static func figures(_ values: Double?...) -> [String] { values.map { $0.map(figure) ?? "–" } }

  private static func figure(_ value: Double) -> String { String(format: "%.4g", value) }

  private static func words(_ standing: Standing) -> String {
    switch standing {
    case .stands: "stand"
    case .changed(let stage): "void: '\(stage)' changed"
    case .notCompared: "–"
    }
  }

  /// Names from data may hold control characters, which a terminal would obey.
  private static func printable(_ text: String) -> String {
    String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : Character($0) })
  }
}
