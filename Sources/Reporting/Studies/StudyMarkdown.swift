import Results

/// All studies as Markdown: the table of verdicts, then each study's criteria.
public struct StudyMarkdown: Sendable {
  let records: [StudyRecord]

  public init(records: [StudyRecord]) { self.records = records }

  public var text: String {
    let overview = MarkdownTable.text(
      ["Claim", "Verdict", "Decisive figure", "Time"],
      records.map { ["\($0.name): \($0.title)", $0.verdict.rawValue, $0.decisive, Figures.seconds($0.seconds)] })
    let studies = records.map { record in
      """
      ## \(Escape.markdown(record.title))

      \(Escape.markdown(record.claim))

      \(MarkdownTable.text(
        ["Criterion", "Outcome", "Figures"], record.criteria.map { [$0.statement, $0.outcome.rawValue, $0.detail] }))
      """
    }
    return (["# \(StudyPage.title)\n", overview] + studies).joined(separator: "\n")
  }
}
