import Results

/// All studies as Markdown: the table of verdicts, then what each study judged and found.
public struct StudyMarkdown: Sendable {
  let records: [StudyRecord]

  public init(records: [StudyRecord]) { self.records = records }

  public var text: String {
    let overview = MarkdownTable.text(
      ["Claim", "Verdict", "Decisive figure", "Time"],
      records.map { ["\($0.name): \($0.title)", $0.verdict.rawValue, $0.decisive, Figures.seconds($0.seconds)] })
    let note = """
      A criterion is evidence, a measurement that could come out either way, or a check of the mathematics, which every \
      correct program meets. Evidence alone decides whether a claim holds; without any, it holds as mathematics.

      """
    return (["# \(StudyPage.title)\n", note, overview] + records.map(section)).joined(separator: "\n")
  }

  private func section(_ record: StudyRecord) -> String {
    let criteria = MarkdownTable.text(
      ["Criterion", "Kind", "Outcome", "Figures"],
      record.criteria.map { [$0.statement, $0.kind.rawValue, $0.outcome.rawValue, $0.detail] })
    let findings = MarkdownTable.text(
      ["Finding", "Value", "95 % interval"],
      record.findings.map { [$0.name, $0.figure, $0.range] })
    let seeds = record.seeds.map(String.init).joined(separator: ", ")
    return """
      ## \(Escape.markdown(record.name)): \(record.verdict.rawValue)

      *\(Escape.markdown(record.claim))*

      Measured: \(Escape.markdown(record.method))

      \(criteria)
      \(findings)
      When it holds: \(Escape.markdown(record.conditions))

      Scale \(Escape.markdown(record.scale)), seeds \(seeds), \(Figures.seconds(record.seconds)).

      """
  }
}
