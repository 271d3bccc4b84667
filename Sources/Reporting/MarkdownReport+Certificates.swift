import Results

extension MarkdownReport {
  /// Bounds by task, and factor by factor.
  var ledgers: String {
    let all = entries.flatMap { entry in
      entry.results.lipschitz.compactMap { record in record.ledger.map { (entry, record, $0) } }
    }
    guard !all.isEmpty else { return "" }
    let tasks = all.map { entry, record, ledger in
      [entry.label, record.task] + LedgerWords.task(record, ledger) + [LedgerWords.standing(ledger)]
    }
    let factors = all.flatMap { entry, record, ledger in
      LedgerWords.factors(ledger).map { [entry.label, record.task] + $0 }
    }
    let twins = all.map { entry, record, ledger in
      "- \(Escape.markdown("\(entry.label), \(record.task): \(LedgerWords.twins(record, ledger))"))\n"
    }
    return "## Bounds by task, and what still stands\n\n"
      + MarkdownTable.text(["Strategy", "Task"] + LedgerWords.taskHeader, tasks) + "\n"
      + MarkdownTable.text(["Strategy", "Task"] + LedgerWords.factorHeader, factors) + "\n" + twins.joined()
  }

  /// How far deterministic certificates reach.
  var certificates: String {
    let all = entries.flatMap { entry in entry.results.certificates.map { (entry, $0) } }
    guard !all.isEmpty else { return "" }
    let notes = Set(all.compactMap(\.1.note)).sorted().map { "- \(Escape.markdown($0))\n" }
    return "## Certified radii\n\n"
      + MarkdownTable.text(
        ["Strategy", "Task"] + CertificateWords.header,
        all.map { [$0.label, $1.task] + CertificateWords.cells($1) })
      + (notes.isEmpty ? "" : "\n" + notes.joined())
  }
}
