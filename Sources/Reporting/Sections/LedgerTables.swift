import Results

extension Page {
  /// What adapters made of the bounds, what stands of earlier certificates, and where each bound comes from.
  var ledgerTables: Markup {
    let rows = ledgers.map { entry, record, ledger -> [Markup] in
      ["\(record.task)", "\(entry.label)"] + LedgerWords.task(record, ledger).map { "\($0)" } + [standing(ledger)]
    }
    guard !rows.isEmpty else { return .empty }
    let ways = ledgers.map { entry, record, ledger -> Markup in
      """
      <details><summary>\(entry.label), \(record.task): factor by factor</summary>
      \(factors(record, ledger))</details>
      """
    }
    return """
      <h3>What adapters added, and what still stands</h3>
      <p>An adapter multiplies the bound of the trunk, and may multiply it further as long as its budget allows. A
      certificate stands while every number of the network that it was issued for is what it was when the task was
      learned; otherwise the task has to be certified anew. \(ledgers.count { $2.standing == .stands }) of
      \(ledgers.count) stand.</p>
      \(DataTable(
        caption: "Bounds by task", header: (["Task", "Strategy"] + LedgerWords.taskHeader).map { "\($0)" }, rows: rows,
        textColumns: 2).folded)
      \(Markup.folded("Factor by factor", lines: ways.count, ways.joined("\n")))
      """
  }

  private var ledgers: [(Entry, LipschitzRecord, LedgerRecord)] {
    entries.flatMap { entry in
      entry.results.lipschitz.compactMap { record in record.ledger.map { (entry, record, $0) } }
    }
  }

  private func standing(_ ledger: LedgerRecord) -> Markup {
    let words = LedgerWords.standing(ledger)
    return switch ledger.standing {
    case .stands: "<span class=\"good\">\(words)</span>"
    case .changed: "<span class=\"bad\">\(words)</span>"
    case .notCompared: "<span class=\"neutral\">\(words)</span>"
    }
  }

  private func factors(_ record: LipschitzRecord, _ ledger: LedgerRecord) -> Markup {
    """
    \(DataTable(
      caption: "\(record.task): what each layer and block multiplies the bound by",
      header: LedgerWords.factorHeader.map { "\($0)" }, rows: LedgerWords.factors(ledger).map { $0.map { "\($0)" } }
    ).markup)
    <p class="note">\(LedgerWords.twins(record, ledger))</p>
    """
  }
}

/// What a ledger says, cell by cell, in every form of the report.
enum LedgerWords {
  static let taskHeader = [
    "Trunk alone", "With adapter", "Adapter ×", "May still ×", "When learned", "Certificates issued then",
  ]

  /// All cells but the last, which is `standing`.
  static func task(_ record: LipschitzRecord, _ ledger: LedgerRecord) -> [String] {
    [ledger.trunk, record.upper, ledger.adapterFactor, ledger.headroom, ledger.issued].map { Figures.number($0) }
  }

  static func standing(_ ledger: LedgerRecord) -> String {
    switch ledger.standing {
    case .stands: "stand"
    case .changed: "void: \(ledger.changedStage ?? Figures.absent) changed"
    case .notCompared: "not compared"
    }
  }

  static let factorHeader = ["Layer or block", "Without adapter", "Factor", "Product", "From the branch"]

  static func factors(_ ledger: LedgerRecord) -> [[String]] {
    var product: Double? = 1
    return ledger.entries.map { entry in
      product = product.flatMap { product in entry.factor.map { product * $0 } }
      return [
        entry.name, Figures.number(entry.trunk ?? (ledger.trunk == nil ? nil : entry.factor)),
        Figures.number(entry.factor), Figures.number(product),
        Figures.percent(entry.branchShare),
      ]
    }
  }

  /// The bound beside those of the same operations without the shortcuts' structure, and of the plain twin.
  static func twins(_ record: LipschitzRecord, _ ledger: LedgerRecord) -> String {
    "The factors multiply to \(Figures.number(record.upper)). The same operations as a plain chain, no use made of "
      + "shortcuts: \(Figures.number(ledger.chain)). The plain twin, another function without shortcuts: "
      + "\(Figures.number(ledger.plain))."
  }
}
