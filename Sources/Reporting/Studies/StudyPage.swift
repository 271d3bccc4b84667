import Results

/// One page on all studies: a table of verdicts, then each study with its criteria, findings and figures.
public struct StudyPage: Sendable {
  public static let title = "The residual claims, judged"

  let records: [StudyRecord]

  /// - Parameter records: in the order in which they are shown.
  public init(records: [StudyRecord]) { self.records = records }

  /// The page, in one file that needs nothing else.
  public var html: String {
    Document(
      title: Self.title,
      header: """
        <p class="kicker">Steadfast studies</p>
        <h1>\(Self.title)</h1>
        <p class="lead">\(story)</p>
        \(overview)
        <p class="note">Each claim is judged by criteria that were stated before the run. A criterion over seeds is \
        decided by its 95&#160;% Student-t interval: an interval that reaches over the threshold decides nothing. \
        Evidence is a measurement that could come out either way; a check is a theorem or an identity, which every \
        correct program meets. All evidence met: the claim holds. Some not met: it holds in part. None met and one not \
        met: it is refuted. A claim of checks alone holds as mathematics, and a check that is not met is a fault of this \
        program.</p>
        """, sections: zip(records, anchors).map { StudySection(record: $0, id: $1).section },
      schema: StudyRecord.currentSchema
    ).html
  }

  private var story: String {
    guard !records.isEmpty else { return "No study has been run." }
    let counts = StudyRecord.Verdict.allCases.compactMap { verdict -> String? in
      let count = records.count { $0.verdict == verdict }
      return count == 0 ? nil : verdict.counted(count)
    }
    let claims = records.count == 1 ? "One claim" : "\(records.count) claims"
    return "\(claims) about residual networks, measured: \(counts.joined(separator: ", "))."
  }

  private var overview: Markup {
    guard !records.isEmpty else { return .empty }
    let rows = zip(records, anchors).map { record, anchor -> [Markup] in
      [
        "<a href=\"#\(anchor)\">\(record.name)</a><br/><small>\(record.title)</small>", record.verdict.markup,
        "\(record.decisive)", "\(Figures.seconds(record.seconds))",
      ]
    }
    return DataTable(
      caption: "All claims", header: ["Claim", "Verdict", "Decisive figure", "Time"], rows: rows, textColumns: 3,
      stacks: true
    ).markup
  }

  /// Where each study stands on the page: its name, or its number where the name is no name or comes twice.
  private var anchors: [String] {
    var seen: Set<String> = []
    return records.enumerated().map { index, record in
      StudyRecord.isName(record.name) && seen.insert(record.name).inserted ? record.name : "_\(index + 1)"
    }
  }
}
